import { createConnection, type Socket } from 'node:net';

/** How a visit went: a whole answer, no listener, closed early (by EOF or RST), or silence until the time was up. */
export type Outcome = 'ok' | 'refused' | 'cut' | 'silent';

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** A new connection with one request and its answer, as an echo target gives it. */
export function visit(to: Address, timeoutMs = 3000): Promise<Outcome> {
  return new Promise((resolve) => {
    const socket = createConnection({ host: to.host, port: to.port });
    const timer = setTimeout(() => finish('silent'), timeoutMs);
    const finish = (outcome: Outcome) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(outcome);
    };
    socket.on('error', (error: NodeJS.ErrnoException) =>
      finish(error.code === 'ECONNREFUSED' ? 'refused' : 'cut'),
    );
    socket.on('end', () => finish('cut'));
    socket.once('data', () => finish('ok'));
    socket.write('request\n');
  });
}

/** Visits one after the other, `pauseMs` apart. */
export async function visitInTurn(to: Address, times: number, pauseMs = 30): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  for (let i = 0; i < times; i += 1) {
    outcomes.push(await visit(to));
    await new Promise((resolve) => setTimeout(resolve, pauseMs));
  }
  return outcomes;
}

/** Sends all of `bytes` through one connection and gives as many as come back. */
export function bulk(to: Address, bytes: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ host: to.host, port: to.port });
    const heard: Buffer[] = [];
    let length = 0;
    socket.on('data', (chunk) => {
      heard.push(chunk);
      length += chunk.length;
      if (length >= bytes.length) socket.destroy();
    });
    socket.on('error', reject).on('end', () => socket.destroy());
    socket.on('close', () => resolve(Buffer.concat(heard)));
    socket.write(bytes);
  });
}

/** Milliseconds. */
const FIRST_ANSWER = 15_000;

/** A connection that stays. */
export class LongVisit {
  readonly #socket: Socket;
  #heard = 0;
  #open = true;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk) => {
      this.#heard += chunk.length;
    });
    socket.on('error', () => undefined);
    socket.on('end', () => {
      this.#open = false;
    });
    socket.on('close', () => {
      this.#open = false;
    });
  }

  /** Connects and has its first answer, however long a busy machine takes for it. */
  static async open(to: Address): Promise<LongVisit> {
    const visit = new LongVisit(createConnection({ host: to.host, port: to.port }));
    if (!(await visit.answers(FIRST_ANSWER))) throw new Error(`no answer through ${to.host}:${to.port}`);
    return visit;
  }

  get open(): boolean {
    return this.#open;
  }

  /** Whether one more request is answered within `ms`. */
  async answers(ms = 2000): Promise<boolean> {
    const before = this.#heard;
    if (this.#open) this.#socket.write('more\n');
    const deadline = performance.now() + ms;
    while (this.#open && this.#heard === before && performance.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 3));
    }
    return this.#heard > before;
  }

  close(): void {
    this.#socket.destroy();
  }
}
