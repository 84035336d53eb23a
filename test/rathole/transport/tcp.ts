import { createConnection, type Socket } from 'node:net';
import type { TcpOptions } from '../transport-config.ts';
import type { Channel, Remote, Transport } from './channel.ts';

/** Plain TCP. */
export class TcpTransport implements Transport {
  readonly #options: TcpOptions;

  constructor(options: TcpOptions) {
    this.#options = options;
  }

  async accept(socket: Socket): Promise<Channel> {
    this.tune(socket);
    return { stream: socket, socket, halfClose: true };
  }

  async connect(remote: Remote): Promise<Channel> {
    const socket = await connectTcp(remote);
    this.tune(socket);
    return { stream: socket, socket, halfClose: true };
  }

  /**
   * Node probes 10 times, once a second, and offers no other way; so the first probe comes later, and a dead peer is
   * given up exactly when rathole does it (`keepalive_interval` times Linux's 9 probes after `keepalive_secs`).
   */
  tune(socket: Socket): void {
    const { nodelay, keepaliveSecs, keepaliveInterval } = this.#options;
    const giveUpSecs = keepaliveSecs + 9 * keepaliveInterval;
    socket.setNoDelay(nodelay);
    socket.setKeepAlive(true, Math.max(1, giveUpSecs - 10) * 1000);
  }
}

/** Connects with half-close allowed and no error left unheard; rejects with the system's error. */
export function connectTcp(to: { readonly host: string; readonly port: number }): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ host: to.host, port: to.port, allowHalfOpen: true });
    socket.once('error', reject);
    socket.once('connect', () => {
      socket.off('error', reject).on('error', ignore);
      resolve(socket);
    });
  });
}

/** An error on a connection shows itself at the next read or write; it must not end the process before. */
export const ignore = (): void => undefined;
