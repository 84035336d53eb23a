import { createSocket, type Socket } from 'node:dgram';
import { resolveAddress } from '../address.ts';
import { chain } from '../failure.ts';
import { Log } from '../log.ts';

/** Given up after this much silence. */
const IDLE_MS = 60_000;
const log = new Log('rathole::client');

/** One visitor's local UDP port. Ends by itself when it is idle, or dies when the target refuses. */
export class UdpForwarder {
  readonly #socket: Promise<Socket | undefined>;
  readonly #idle: NodeJS.Timeout;
  readonly #onEnd: () => void;
  #ended = false;
  #refused = false;

  constructor(target: string, onAnswer: (payload: Buffer) => void, onEnd: () => void) {
    this.#onEnd = onEnd;
    this.#idle = setTimeout(() => this.#end(), IDLE_MS);
    this.#socket = this.#open(target, onAnswer).catch((error) => {
      log.error(chain(error));
      this.#end();
      return undefined;
    });
  }

  /** Datagrams go out in the order of the calls, also while the port is being opened. */
  send(payload: Buffer): void {
    this.#idle.refresh();
    void this.#socket.then((socket) => {
      if (this.#refused) this.#die();
      if (!this.#ended) socket?.send(payload, (error) => error && this.#die());
    });
  }

  /** A refusal is told to whoever uses the port next: Node hears of it by reading at once, rathole does not. */
  async #open(target: string, onAnswer: (payload: Buffer) => void): Promise<Socket> {
    const { host, port, family } = await resolveAddress(target);
    const socket = createSocket({ type: family === 6 ? 'udp6' : 'udp4' });
    socket.on('message', (payload) => {
      if (this.#refused) return this.#end();
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

  /** Closes the port; the next datagram of this visitor gets a new one. */
  #end(): void {
    if (this.#ended) return;
    this.#die();
    this.#onEnd();
  }

  /** A failed send closes the port and tells nobody, so that all further datagrams of this visitor are lost, as in rathole. */
  #die(): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#idle);
    void this.#socket.then((socket) => socket?.close());
  }
}
