import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import { PROJECT } from './project.ts';
import type { Ran } from './run.ts';

/** What a command says that was cut off with its guest, and the code if even the agent's shell was killed. */
export const ENDED = 'the host ended before the command';
const KILLED = 128 + 9;

/** Milliseconds that the agent may need beyond a command's timeout, to end it and to say so. */
const GRACE = 3000;
/** Node's timers count in 31 bits. */
const LONGEST = 2 ** 31 - 1 - GRACE;

/** What agent.py writes when a command has ended. */
interface Answer extends Ran {
  readonly id: number;
}

/** What runs in the guest. */
export const agentArgv = (): string[] => [
  ...['python3', '-I', '-S', '-c'],
  readFileSync(join(PROJECT, 'test/lab/agent.py'), 'utf8'),
];

/**
 * The program in a guest that runs commands there. To enter a guest anew for each of them would cost several times as much
 * as most commands themselves.
 */
export class Agent {
  readonly #commands: Writable;
  readonly #waiting = new Map<number, (ran: Ran) => void>();
  #asked = 0;
  #unfinished = '';
  #stderr = '';
  #over = false;

  /** @param argv what runs `agentArgv` in the guest when started on this machine. */
  constructor(argv: readonly string[]) {
    const [file = '', ...args] = argv;
    // detached: Ctrl-C on a terminal must reach the runner alone, which then tears down in order
    const child = spawn(file, args, { detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
    this.#commands = child.stdin;
    child.stdout.setEncoding('utf8').on('data', (text: string) => this.#heard(text));
    child.stderr.on('data', (data) => {
      this.#stderr += data;
    });
    // It ends with its guest, which 'close' tells.
    child.stdin.on('error', () => {});
    child.once('error', (error) => this.#end(127, error.message));
    child.once('close', (code) => this.#end(code ?? KILLED, `${ENDED}\n${this.#stderr}`));
  }

  /** Takes no more commands, and ends: a guest that goes down waits 10 s for a process that is reaped outside. */
  close(): void {
    this.#over = true;
    this.#commands.end();
  }

  /** Whether it has ended, as with its guest. */
  get over(): boolean {
    return this.#over;
  }

  /**
   * Runs the command to its end, or until `timeout` milliseconds are over, which gives the code 124.
   * @throws when the agent does not answer, as in a frozen guest: once thawed, it runs the command all the same.
   */
  async run(argv: readonly string[], timeout: number, stdin?: string | Uint8Array): Promise<Ran> {
    if (!(timeout > 0 && timeout <= LONGEST))
      throw new RangeError(`a timeout is more than 0 and at most ${LONGEST} ms, not ${timeout}`);
    this.#asked += 1;
    const id = this.#asked;
    const what = argv.join(' ').slice(0, 300);
    const before = this.#stderr.length;
    const input = stdin === undefined ? null : Buffer.from(stdin).toString('base64');
    return new Promise((resolve, reject) => {
      const patience = setTimeout(() => {
        this.#waiting.delete(id);
        reject(new Error(`no end after ${timeout} ms: ${what}\n${this.#stderr.slice(before)}`));
      }, timeout + GRACE);
      this.#waiting.set(id, (ran) => {
        clearTimeout(patience);
        resolve(ran);
      });
      this.#commands.write(`${JSON.stringify({ id, argv, stdin: input, seconds: timeout / 1000 })}\n`);
    });
  }

  /** Not by readline, which passes on the half line that an agent leaves when it is killed. */
  #heard(text: string): void {
    const lines = (this.#unfinished + text).split('\n');
    this.#unfinished = lines.pop() ?? '';
    for (const line of lines) {
      const { id, ...ran }: Answer = JSON.parse(line);
      this.#waiting.get(id)?.(ran);
      this.#waiting.delete(id);
    }
  }

  /** What was under way ended with the agent. */
  #end(code: number, stderr: string): void {
    this.#over = true;
    for (const tell of this.#waiting.values()) tell({ code, stdout: '', stderr });
    this.#waiting.clear();
  }
}
