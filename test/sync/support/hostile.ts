import type { IncomingMessage, ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Leaf } from './certificates.ts';

/** What the server does with one request. */
export type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** A server on loopback that answers each path as it is told to, and remembers what it was asked. */
export interface Hostile {
  readonly url: string;
  readonly asked: { readonly path: string; readonly headers: IncomingMessage['headers'] }[];
  /** By the last part of the path: `sync.conf`, `client.toml`. */
  answers: Readonly<Record<string, Answer>>;
  close(): Promise<void>;
}

/** A plain good answer. */
export const gives =
  (body: string, etag = '"1-1"'): Answer =>
  (request, response) => {
    if (request.headers['if-none-match'] === etag) response.writeHead(304, { ETag: etag }).end();
    else response.writeHead(200, { ETag: etag, 'Content-Length': Buffer.byteLength(body) }).end(body);
  };

/** A status with a small body. */
export const says =
  (status: number, headers: Record<string, string> = {}): Answer =>
  (_request, response) => {
    response.writeHead(status, headers).end(status === 304 ? undefined : `status ${status}\n`);
  };

export async function startHostile(leaf: Pick<Leaf, 'cert' | 'key'>): Promise<Hostile> {
  const sockets = new Set<Socket>();
  const server = createServer({ cert: leaf.cert, key: leaf.key });
  const hostile: { -readonly [K in keyof Hostile]: Hostile[K] } = {
    url: '',
    asked: [],
    answers: {},
    close: () => {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  server.on('tlsClientError', () => undefined);
  server.on('request', (request, response) => {
    const path = request.url ?? '';
    hostile.asked.push({ path, headers: request.headers });
    const answer = hostile.answers[path.split('/').at(-1) ?? ''] ?? says(404);
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  hostile.url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return hostile;
}
