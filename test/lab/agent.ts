import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { PROJECT } from './project.ts';
import type { Ran } from './run.ts';

/** What agent.py writes when a command has ended. */
interface Answer extends Ran {
  readonly id: number;
}

/**
 * The argv of an agent, to be run where only its children are in the guest's pid namespace. A guest stops all its processes
 * when it goes down; nsenter, as the parent of one, would stop too, and a shell does not: so the shell takes up what is left.
 */
export const agentArgv = (): string[] => [
  ...['sh', '-c', '"$@"; exit', 'sh', 'python3', '-I', '-S', '-c'],
  readFileSync(join(PROJECT, 'test/lab/agent.py'), 'utf8'),
];

/**
 * The program in a guest that runs commands there. To enter a guest anew for each of them would cost several times as much
 * as most commands themselves.
 */
export class Agent {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, (ran: Ran) => void>();
  #asked = 0;
  #stderr = '';
  #over = false;

  /** @param argv what runs `agentArgv` in the guest when started on this machine. */
  constructor(argv: readonly string[]) {
    const [file = '', ...args] = argv;
    const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    this.#child = child;
    createInterface({ input: child.stdout }).on('line', (line) => this.#heard(JSON.parse(line)));
    child.stderr.on('data', (data) => {
      this.#stderr += data;
    });
    child.stdin.on('error', () => {}); // it ends with its guest, which its end tells
    child.once('error', (error) => this.#end(127, error.message));
    child.once('close', (code, signal) => this.#end(code ?? 128, `${signal ?? ''}${this.#stderr}`));
  }

  /** Whether it has ended, as with its guest. */
  get over(): boolean {
    return this.#over;
  }

  /**
   * Runs the command to its end, or until `timeout` milliseconds are over, which gives the code 124.
   * @throws when the agent does not answer, as in a frozen guest.
   */
  run(argv: readonly string[], timeout: number, stdin?: string | Uint8Array): Promise<Ran> {
    this.#asked += 1;
    const id = this.#asked;
    const input = stdin === undefined ? null : Buffer.from(stdin).toString('base64');
    return new Promise((resolve, reject) => {
      const patience = setTimeout(() => {
        this.#waiting.delete(id);
        reject(new Error(`no end after ${timeout} ms: ${argv.join(' ').slice(0, 300)}`));
      }, timeout + 3000);
      this.#waiting.set(id, (ran) => {
        clearTimeout(patience);
        resolve(ran);
      });
      this.#child.stdin?.write(`${JSON.stringify({ id, argv, stdin: input, seconds: timeout / 1000 })}\n`);
    });
  }

  #heard({ id, ...ran }: Answer): void {
    this.#waiting.get(id)?.(ran);
    this.#waiting.delete(id);
  }

  /** What was under way ended with the agent. */
  #end(code: number, stderr: string): void {
    this.#over = true;
    for (const tell of this.#waiting.values()) tell({ code, stdout: '', stderr });
    this.#waiting.clear();
  }
}
