import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { chain, panic } from '../failure.ts';
import type { Channel, Remote, Transport } from './channel.ts';
import { binaryFrame, closeFrame, FrameDecoder } from './frames.ts';
import type { TcpTransport } from './tcp.ts';
import { acceptUpgrade, requestUpgrade } from './upgrade.ts';

/** A websocket over TCP or TLS that carries the byte stream in binary messages. */
export class WebsocketTransport implements Transport {
  readonly #tcp: TcpTransport;
  readonly #below: Pick<Transport, 'connect'>;

  constructor(tcp: TcpTransport, below: Pick<Transport, 'connect'>) {
    this.#tcp = tcp;
    this.#below = below;
  }

  async accept(socket: Socket): Promise<Channel> {
    this.#tcp.tune(socket);
    await acceptUpgrade(socket);
    return { stream: new WebsocketStream(socket, false), socket, halfClose: false };
  }

  /** A failed upgrade ends the whole process, as in rathole; only connecting may fail and be tried again. */
  async connect(remote: Remote): Promise<Channel> {
    const { stream, socket } = await this.#below.connect(remote);
    try {
      await requestUpgrade(stream, remote.text);
    } catch (error) {
      return panic(`failed to connect: ${chain(error)}`);
    }
    return { stream: new WebsocketStream(stream, true), socket, halfClose: false };
  }
}

/** The payload of a websocket as a stream of bytes. Its end comes with a close frame or when the connection ends. */
class WebsocketStream extends Duplex {
  readonly #below: Duplex;
  readonly #mask: boolean;
  readonly #decoder = new FrameDecoder();
  #ended = false;

  constructor(below: Duplex, mask: boolean) {
    super();
    this.#below = below;
    this.#mask = mask;
    below.on('data', (chunk: Buffer) => this.#receive(chunk));
    below.on('end', () => this.#end());
    below.on('error', (error) => this.destroy(error));
    below.on('close', () => this.#end());
    this.on('error', () => undefined);
  }

  override _read(): void {
    this.#below.resume();
  }

  override _write(chunk: Buffer, _encoding: string, done: (error?: Error | null) => void): void {
    this.#below.write(binaryFrame(chunk, this.#mask), done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#below.write(closeFrame(this.#mask), done);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#below.destroy();
    done(error);
  }

  #receive(chunk: Buffer): void {
    if (this.#ended) return;
    const { payload, ended } = this.#decoder.push(chunk);
    for (const part of payload) if (!this.push(part)) this.#below.pause();
    if (ended) this.#end();
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.push(null);
  }
}
