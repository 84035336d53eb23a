/** What a program runs on, by the number in its ELF header; as `uname -m` says it. ARM has one number for all of 32 bits. */
const MACHINES: Readonly<Record<number, string>> = {
  3: 'i686',
  40: 'armv7l',
  62: 'x86_64',
  183: 'aarch64',
  243: 'riscv64',
};

const MAGIC = [0x7f, 0x45, 0x4c, 0x46];
const MACHINE_AT = 18;

/** The architecture of a Linux program (all of ours are little-endian); undefined for a script, or one unknown. */
export function programArchitecture(program: Uint8Array): string | undefined {
  if (program.length < MACHINE_AT + 2 || MAGIC.some((byte, at) => program[at] !== byte)) return undefined;
  return MACHINES[new DataView(program.buffer, program.byteOffset).getUint16(MACHINE_AT, true)];
}
