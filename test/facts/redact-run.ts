import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FILES_FUNCTIONS } from '../../src/facts/files.ts';

export const SALT = 'ab'.repeat(32);

/** The placeholder of a secret, as it is defined: 8 digits of SHA-256 over salt, value and a line break. */
export const print = (value: string) =>
  `{{fingerprint ${createHash('sha256').update(`${SALT}${value}\n`).digest('hex').slice(0, 8)}}}`;

interface Circumstances {
  readonly shell?: string;
  readonly path?: string;
  readonly salted?: boolean;
  /** A process that takes more of the processor is ended. */
  readonly cpuSeconds?: number;
}

/** Runs the script's own functions over one text, as the files fact does. Returns the text, or `withheld WHY`. */
export function redact(form: string, text: string, circumstances: Circumstances = {}): string {
  const { shell = 'sh', path = process.env['PATH'] ?? '', salted = true, cpuSeconds } = circumstances;
  const limit = cpuSeconds === undefined ? '' : `ulimit -t ${cpuSeconds}\n`;
  const folder = mkdtempSync(join(tmpdir(), 'reconcile-redact-'));
  const file = join(folder, 'text');
  writeFileSync(file, text);
  const list = `printf '%s\\n' form=${form} ${file}`;
  const collect = salted ? `${list} | redact collect | fingerprints; ` : '';
  const run = `{ ${collect}${list}; } | redact print`;
  try {
    const said = execFileSync(shell, ['-s'], {
      input: `${limit}${FILES_FUNCTIONS}\nsalt=${SALT}\n${run}\n`,
      encoding: 'utf8',
      env: { ...process.env, PATH: path, LC_ALL: 'C' },
    });
    const lines = said.split('\n').slice(1, -2);
    return lines.map((line) => line.replace(/^\|/, '')).join('\n');
  } finally {
    rmSync(folder, { recursive: true });
  }
}
