import { type ChildProcess, spawn } from 'node:child_process';
import {
  copyFileSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { syncScript } from '../../../src/artifacts/sync/script.ts';
import { KEY } from './files.ts';
import { makePath, shellCommand, type Variant } from './variants.ts';

/** How a run of the sync step ended. */
export interface Run {
  readonly status: number | null;
  /** All that it printed. */
  readonly log: string;
}

/** A client machine: a folder with a key, a sync.conf and a CA, and a PATH of its own. */
export interface Client {
  readonly root: string;
  readonly folder: string;
  readonly path: string;
  readonly script: string;
  run(...args: string[]): Promise<Run>;
  /** Starts a run in a process group of its own. */
  start(...args: string[]): ChildProcess;
  /** Every file by name: mode, inode, times and text; and the folder itself as `.`. */
  state(): Readonly<Record<string, string>>;
  read(name: string): string | undefined;
  write(name: string, text: string, mode?: number): void;
  remove(): void;
}

export const HOST = 'home-edge1';

/** Makes a client that the bundle has just set up. */
export function makeClient(variant: Variant, server: string, caFile: string): Client {
  const root = mkdtempSync(join(tmpdir(), 'reconcile-sync-'));
  const folder = join(root, HOST);
  mkdirSync(folder, { mode: 0o750 });
  const path = makePath(join(root, 'bin'), variant);
  const script = join(root, 'sync');
  writeFileSync(script, syncScript({ root, connectSeconds: 1, totalSeconds: 3 }));
  copyFileSync(caFile, join(folder, 'ca.pem'));
  const client: Client = {
    ...{ root, folder, path, script },
    run: (...args) => ended(client.start(...args)),
    start: (...args) => {
      const [program, ...before] = shellCommand(variant);
      const options = { env: { PATH: path }, detached: true } as const;
      return spawn(program, [...before, script, ...(args.length === 0 ? [HOST] : args)], options);
    },
    state: () => describe(folder),
    read: (name) => describe(folder)[name]?.split('\n\n').slice(1).join('\n\n'),
    write: (name, text, mode = 0o600) => writeFileSync(join(folder, name), text, { mode }),
    remove: () => rmSync(root, { recursive: true, force: true }),
  };
  client.write('key', `header = X-Api-Key:${KEY}\n`);
  client.write('sync.conf', `server = ${server}\npoll = 300\n`);
  return client;
}

/** Resolves when the process and all that it started have ended. */
export function ended(child: ChildProcess): Promise<Run> {
  let log = '';
  child.stdout?.on('data', (data) => (log += data));
  child.stderr?.on('data', (data) => (log += data));
  return new Promise((resolve) => child.on('close', (status) => resolve({ status, log })));
}

function describe(folder: string): Readonly<Record<string, string>> {
  const one = (name: string) => {
    const { mode, ino, mtimeMs, ctimeMs } = lstatSync(join(folder, name));
    const text = name === '.' ? '' : readFileSync(join(folder, name), 'utf8');
    return `${(mode & 0o7777).toString(8)} ${ino} ${mtimeMs} ${ctimeMs}\n\n${text}`;
  };
  return Object.fromEntries(['.', ...readdirSync(folder).sort()].map((name) => [name, one(name)]));
}
