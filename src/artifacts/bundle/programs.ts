import { quote } from '../../codec/shell.ts';
import { programPath } from '../paths.ts';
import { heredoc } from './heredoc.ts';

/** As `uname -m` says it; every `armv7*` is armv7. */
export type Architecture = 'x86_64' | 'aarch64' | 'armv7';

/** One rathole for one architecture, pinned by its hash. */
export interface BundleProgram {
  readonly version: string;
  readonly architecture: Architecture;
  /** Of the program itself, 64 hex digits. */
  readonly sha256: string;
  readonly source:
    | { readonly kind: 'embedded'; readonly base64: string }
    /** Of the program, or of a zip file that holds it as `rathole`. */
    | { readonly kind: 'fetched'; readonly url: string };
}

const LINE = /.{1,76}/g;

/** Shell functions that know each program by "VERSION ARCHITECTURE". */
export function programFunctions(programs: readonly BundleProgram[]): string {
  const cases = (of: (program: BundleProgram) => string) =>
    programs
      .map((program) => `${quote(`${program.version} ${program.architecture}`)})\n${of(program)};;\n`)
      .join('');
  return `# program_path "VERSION ARCHITECTURE": where it goes; nothing where this bundle has none
program_path() { case $1 in
${cases(({ version, sha256 }) => `echo ${quote(programPath(version, sha256))}\n`)}esac; }

program_sum() { case $1 in
${cases(({ sha256 }) => `echo ${quote(sha256)}\n`)}esac; }

# program_bytes "VERSION ARCHITECTURE" FILE: writes the program, from here or from where it is published
program_bytes() { case $1 in
${cases(({ source }) =>
  source.kind === 'embedded'
    ? `base64 -d >"$2" <<${heredoc(`${(source.base64.match(LINE) ?? []).join('\n')}\n`)}`
    : `download ${quote(source.url)} "$2"\n`,
)}esac; }
`;
}
