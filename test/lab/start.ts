import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { waitFor } from './wait.ts';

/** Milliseconds that a program has to end when asked to. */
const PATIENCE = 120_000;

/** A program that goes on beside us, with the lines that it said so far. */
export class Running {
  readonly lines: string[] = [];
  /** Its exit status; -1 when a signal ended it. */
  readonly ended: Promise<number>;
  readonly #child: ChildProcess;
  readonly #what: string;

  constructor(argv: readonly string[], env: Readonly<Record<string, string>> = {}) {
    const [file = '', ...args] = argv;
    this.#what = argv.join(' ').slice(0, 200);
    const child = spawn(file, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child = child;
    for (const stream of [child.stdout, child.stderr])
      createInterface({ input: stream }).on('line', (line) => this.lines.push(line));
    this.ended = new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) => resolve(code ?? -1));
    });
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /**
   * Waits for a line that matches, one that has come already included.
   * @throws when the program ends without it.
   */
  async line(pattern: RegExp, timeout = 60_000): Promise<string> {
    const what = `a line ${pattern} from ${this.#what}`;
    const found = () => this.lines.find((line) => pattern.test(line));
    const status = this.ended.then((code) => found() ?? Promise.reject(this.#endedWithout(what, code)));
    return Promise.race([waitFor(found, { what, timeout, every: 10 }), status]);
  }

  #endedWithout(what: string, code: number): Error {
    return new Error(`ended with status ${code} without ${what}:\n${this.lines.slice(-10).join('\n')}`);
  }

  /** Signals the program and waits for its end; after two minutes it sends SIGKILL. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<void> {
    this.#signal(signal);
    const patience = setTimeout(() => this.#kill(), PATIENCE);
    await this.ended.finally(() => clearTimeout(patience));
  }

  #signal(signal: NodeJS.Signals): void {
    if (this.#child.pid !== undefined && this.#child.exitCode === null && this.#child.signalCode === null)
      process.kill(programOf(this.#child.pid), signal);
  }

  /** What it left behind may hold its outputs for ever: nobody listens any more. */
  #kill(): void {
    this.#signal('SIGKILL');
    this.#child.stdout?.destroy();
    this.#child.stderr?.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop('SIGKILL');
  }
}

/**
 * For `nsenter --no-fork`: a shell that stays outside of the guest's pid namespace, and what it runs is inside. A guest
 * that goes down stops all its processes; an nsenter as their parent would stop with them and never reap them, a shell
 * does. `exit` keeps it from becoming the program.
 */
export const OUTSIDE = ['sh', '-c', '"$@"; exit', 'sh'] as const;

/**
 * A program in a guest is the child of the shell that we started. Killing the shell instead would leave a zombie in the
 * guest, for which its shutdown waits 10 s.
 */
function programOf(pid: number): number {
  if (!readFileSync(`/proc/${pid}/cmdline`, 'utf8').startsWith(OUTSIDE.join('\0'))) return pid;
  return Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim() || pid);
}
