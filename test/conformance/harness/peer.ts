import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createConnection, type Socket } from 'node:net';
import type { Site } from './site.ts';
import { until } from './until.ts';

export const sha256 = (...parts: readonly (string | Buffer)[]): Buffer => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};

/** The hello of a control channel (0) or of a data channel (1). */
export const hello = (kind: 0 | 1, digest: Buffer): Buffer =>
  Buffer.concat([Buffer.of(kind, 0, 0, 0, 1), digest]);

/** A bare connection that keeps what it hears. */
export class Peer {
  readonly socket: Socket;
  heard: Buffer = Buffer.alloc(0);
  ended = false;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('data', (chunk) => {
      this.heard = Buffer.concat([this.heard, chunk]);
    });
    socket.on('error', () => undefined);
    socket.on('close', () => {
      this.ended = true;
    });
  }

  static async toServer(site: Site): Promise<Peer> {
    const socket = createConnection({ host: site.host, port: 2333 });
    await once(socket, 'connect');
    site.onClose(() => void socket.destroy());
    return new Peer(socket);
  }

  async hears(length: number): Promise<Buffer> {
    await until(
      () => this.heard.length >= length,
      3000,
      () => `${length} bytes, heard ${this.heard.length}`,
    );
    return this.heard;
  }

  /** Says hello for a service and gives the session key that proves the token. */
  async login(name: string, token: string): Promise<Buffer> {
    this.socket.write(hello(0, sha256(name)));
    const nonce = (await this.hears(37)).subarray(5, 37);
    const session = sha256(token, nonce);
    this.socket.write(session);
    return session;
  }
}
