/** The 16 bytes of an IPv6 address in text, a zone index left out. */
export function ipv6Bytes(text: string): Buffer {
  const [head = '', tail] = dottedToGroups(text.split('%')[0] ?? '').split('::');
  const left = groups(head);
  const right = tail === undefined ? [] : groups(tail);
  const zeros = Array<number>(8 - left.length - right.length).fill(0);
  const bytes = Buffer.alloc(16);
  [...left, ...zeros, ...right].forEach((group, index) => {
    bytes.writeUInt16BE(group, index * 2);
  });
  return bytes;
}

/** An IPv6 address in text, all eight groups written out. */
export function ipv6Text(bytes: Buffer): string {
  return Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(index * 2).toString(16)).join(':');
}

const groups = (text: string): number[] =>
  text === '' ? [] : text.split(':').map((g) => Number.parseInt(g, 16));

/** `::ffff:1.2.3.4` with its last four bytes as two groups. */
function dottedToGroups(text: string): string {
  const dotted = /(\d+)\.(\d+)\.(\d+)\.(\d+)$/.exec(text);
  if (dotted === null) return text;
  const [a = 0, b = 0, c = 0, d = 0] = dotted.slice(1).map(Number);
  return `${text.slice(0, dotted.index)}${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
}
