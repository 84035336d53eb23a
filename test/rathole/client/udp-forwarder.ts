import { createSocket, type Socket } from 'node:dgram';
import { resolveAddress } from '../address.ts';
import { chain } from '../failure.ts';
import { Log } from '../log.ts';

/** Given up after this much silence. */
const IDLE_MS = 60_000;
const log = new Log('rathole::client');

/** Why a port was closed: an idle visitor gets a new one with the next datagram, a refused one is lost. */
type Closed = 'idle' | 'refused';

/** One visitor's local UDP port. Closes by itself when it is idle or when the target refuses. */
export class UdpForwarder {
  readonly closed: Promise<Closed>;
  readonly #socket: Promise<Socket | undefined>;
  readonly #idle: NodeJS.Timeout;
  #isClosed = false;
  #tellClosed: (why: Closed) => void = () => undefined;
  #refused = false;

  constructor(target: string, onAnswer: (payload: Buffer) => void) {
    this.closed = new Promise((resolve) => {
      this.#tellClosed = resolve;
    });
    this.#idle = setTimeout(() => this.#close('idle'), IDLE_MS);
    this.#socket = this.#open(target, onAnswer).catch((error) => {
      log.error(chain(error));
      this.#close('idle');
      return undefined;
    });
  }

  /** Datagrams go out in the order of the calls, also while the port is being opened. */
  send(payload: Buffer): void {
    this.#idle.refresh();
    void this.#socket.then((socket) => {
      if (this.#refused) this.#close('refused');
      if (!this.#isClosed) socket?.send(payload, (error) => error && this.#close('refused'));
    });
  }

  /** A refusal is told to whoever uses the port next: Node hears of it by reading at once, rathole does not. */
  async #open(target: string, onAnswer: (payload: Buffer) => void): Promise<Socket> {
    const { host, port, family } = await resolveAddress(target);
    const socket = createSocket({ type: family === 6 ? 'udp6' : 'udp4' });
    socket.on('message', (payload) => {
      if (this.#refused) return this.#close('idle');
      this.#idle.refresh();
      onAnswer(payload);
    });
    await new Promise<void>((resolve, reject) => {
      socket.once('error', reject);
      socket.connect(port, host, () => resolve());
    });
    socket.on('error', () => {
      this.#refused = true;
    });
    return socket;
  }

  /** That a failed send loses the visitor for good is how rathole does it: nobody hears that the port was closed. */
  #close(why: Closed): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    clearTimeout(this.#idle);
    this.#tellClosed(why);
    void this.#socket.then((socket) => socket?.close());
  }
}
