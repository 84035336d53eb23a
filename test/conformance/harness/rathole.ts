import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { stringify, type TomlTable } from 'smol-toml';
import { RATHOLE } from './programs.ts';
import { until } from './until.ts';

/** A config as an object, or as text where the text itself matters. */
export type ConfigText = TomlTable | string;

export interface RatholeOptions {
  /** The folder its config lives in. */
  readonly folder: string;
  readonly role: 'server' | 'client';
  readonly config: ConfigText;
  readonly program?: string;
  /** A command that starts the program in another place, e.g. a network namespace. */
  readonly inside?: readonly string[];
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** One running rathole, with what it logged. */
export class Rathole {
  readonly path: string;
  readonly exited: Promise<Exit>;
  readonly #child: ChildProcess;
  #log = '';

  constructor(child: ChildProcess, path: string) {
    this.#child = child;
    this.path = path;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.#log += text;
      });
    }
    this.exited = once(child, 'close').then(([code, signal]) => ({ code, signal }));
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get running(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** stdout and stderr so far. */
  get log(): string {
    return this.#log;
  }

  /** How often `text` was logged. */
  count(text: string): number {
    return this.#log.split(text).length - 1;
  }

  /** Waits until `text` was logged at least `times` times; rejects with the whole log. */
  async logged(text: string, times = 1, ms = 8000): Promise<void> {
    await until(
      () => this.count(text) >= times,
      ms,
      () => `"${text}" (${times}) in:\n${this.#log}`,
    );
  }

  /** Replaces the config the safe way: another file in the same folder, then a rename. */
  rewrite(config: ConfigText): void {
    writeFileSync(`${this.path}.next`, configText(config));
    renameSync(`${this.path}.next`, this.path);
  }

  /** Replaces the config and waits until it was read. */
  async reload(config: ConfigText): Promise<void> {
    const scans = this.count('Rescan the configuration');
    this.rewrite(config);
    await this.logged('Rescan the configuration', scans + 1);
  }

  signal(signal: NodeJS.Signals): void {
    if (this.running) this.#child.kill(signal);
  }

  async stop(): Promise<void> {
    this.signal('SIGKILL');
    await this.exited;
  }
}

/** Writes the config and starts a rathole on it; the program is RATHOLE_BIN or the stand-in. */
export function rathole({ folder, role, config, program, inside }: RatholeOptions): Rathole {
  const path = join(folder, `${role}.toml`);
  writeFileSync(path, configText(config));
  return launch(path, [`--${role}`], program, inside);
}

/** Starts a rathole on a config that is already there. */
export function launch(
  path: string,
  flags: readonly string[],
  program = RATHOLE,
  inside: readonly string[] = [],
): Rathole {
  const env = { PATH: process.env['PATH'] ?? '' };
  const [command = program, ...args] = [...inside, program, ...flags, path];
  const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  return new Rathole(child, path);
}

export const configText = (config: ConfigText): string =>
  typeof config === 'string' ? config : stringify(config);
