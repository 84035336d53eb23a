import { createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseAddress } from './address.ts';
import { listenBackoff } from './backoff.ts';
import { chain } from './failure.ts';
import { ignore } from './transport/tcp.ts';

const BACKLOG = 1024;

/** Listens on `address` and hands each connection over unread; rejects with the system's error. */
export async function listenTcp(address: string, onConnection: (socket: Socket) => void): Promise<Server> {
  const { host, port } = parseAddress(address);
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, (socket) => {
    socket.on('error', ignore);
    onConnection(socket);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ host, port, backlog: BACKLOG }, () => resolve());
  });
  server.on('error', (error: NodeJS.ErrnoException) => {
    // Ended from outside (`ss -K`): it accepts nobody any more, and Node would try without a pause.
    if (error.code === 'EINVAL') server.close();
  });
  return server;
}

/** Tries `bind` until it works or `signal` fires (then undefined); each failure is told to `report`. */
export async function bindWithRetry<T>(
  bind: () => Promise<T>,
  signal: AbortSignal,
  report: (line: string) => void,
): Promise<T | undefined> {
  const backoff = listenBackoff();
  while (!signal.aborted) {
    try {
      return await bind();
    } catch (error) {
      const wait = backoff.next() ?? 0;
      report(`${chain(error)}. Retry in ${wait.toFixed(0)}ms`);
      await sleep(wait, undefined, { signal }).catch(ignore);
    }
  }
  return undefined;
}
