import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import type { Address } from './visit.ts';

export interface Target {
  close(): void;
}

/** Echoes what it hears, and answers the end of a request with `bye`. */
export async function tcpTarget(at: Address): Promise<Target> {
  const open = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket)).on('error', () => undefined);
    socket.on('end', () => socket.end('bye'));
    socket.on('data', (chunk) => socket.write(chunk));
  });
  server.listen({ host: at.host, port: at.port, backlog: 1024 });
  await once(server, 'listening');
  return {
    close: () => {
      server.close();
      for (const socket of open) socket.destroy();
    },
  };
}

export interface UdpTarget extends Target {
  /** The source ports that datagrams came from. */
  readonly sources: ReadonlySet<number>;
}

/** Sends every datagram back. */
export async function udpTarget(at: Address): Promise<UdpTarget> {
  const sources = new Set<number>();
  const socket = createSocket(at.host.includes(':') ? 'udp6' : 'udp4');
  socket.on('message', (payload, from) => {
    sources.add(from.port);
    socket.send(payload, from.port, from.address);
  });
  socket.bind(at.port, at.host);
  await once(socket, 'listening');
  return { sources, close: () => socket.close() };
}

/** Sends `count` datagrams from one port, `everyMs` apart, and gives those that came back within a second. */
export async function udpFlow(
  to: Address,
  count: number,
  everyMs = 5,
  text = 'datagram',
): Promise<readonly string[]> {
  const heard: string[] = [];
  const socket = createSocket(to.host.includes(':') ? 'udp6' : 'udp4');
  socket.on('message', (payload) => heard.push(payload.toString()));
  for (let i = 0; i < count; i += 1) {
    socket.send(`${text} ${i}`, to.port, to.host);
    await new Promise((resolve) => setTimeout(resolve, everyMs));
  }
  const deadline = performance.now() + 1000;
  while (heard.length < count && performance.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  socket.close();
  return heard;
}
