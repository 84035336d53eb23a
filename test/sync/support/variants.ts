import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A machine's shell, utilities and downloader. */
export interface Variant {
  readonly shell: 'dash' | 'busybox ash' | 'bash';
  readonly tool: 'curl' | 'wget';
}

export const VARIANTS: readonly Variant[] = [
  { shell: 'dash', tool: 'curl' },
  { shell: 'dash', tool: 'wget' },
  { shell: 'busybox ash', tool: 'curl' },
  { shell: 'busybox ash', tool: 'wget' },
];

/** All that the sync step calls, besides the shell's own commands and the downloader. */
const UTILITIES = [
  'sed',
  'cut',
  'cmp',
  'mv',
  'chmod',
  'rm',
  'sync',
  'tail',
  'tr',
  'wc',
  'cat',
  'date',
  'uname',
]
  .concat(['grep', 'timeout', 'sha256sum', 'sleep'])
  .sort();

/**
 * Makes a folder that holds nothing but the programs of such a machine, to be its whole PATH.
 * With busybox ash the utilities are busybox's too (flock is not in Debian's busybox).
 */
export function makePath(folder: string, { shell, tool }: Variant): string {
  mkdirSync(folder, { recursive: true });
  const busybox = which('busybox');
  for (const name of UTILITIES)
    symlinkSync(shell === 'busybox ash' ? busybox : which(name), join(folder, name));
  for (const name of ['flock', tool]) symlinkSync(which(name), join(folder, name));
  return folder;
}

/** The command that runs a script file under the shell. */
export function shellCommand({ shell }: Variant): readonly [string, ...string[]] {
  return shell === 'busybox ash' ? [which('busybox'), 'ash'] : [which(shell)];
}

/** Puts a script in the place of the program `name`, with `REAL` standing for the true one. */
export function replaceProgram(path: string, name: string, script: string): void {
  const file = join(path, name);
  execFileSync('rm', ['-f', file]);
  writeFileSync(file, `#!${which('dash')}\n${script.replaceAll('REAL', which(name))}\n`);
  chmodSync(file, 0o755);
}

function which(program: string): string {
  return execFileSync('/bin/sh', ['-c', `command -v ${program}`], { encoding: 'utf8' }).trim();
}
