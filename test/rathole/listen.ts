import { fstatSync, readFileSync } from 'node:fs';
import { createServer, type Server, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseAddress } from './address.ts';
import { listenBackoff } from './backoff.ts';
import { chain } from './failure.ts';
import { ignore } from './transport/tcp.ts';

const BACKLOG = 1024;
/** Milliseconds. */
const LOOK_EVERY = 100;
/** Of the event loop in that time: more than with anything to do, a quarter of what it makes with nothing. */
const IDLE_TURNS = 5000;

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
  listening.add(server);
  if (looking === undefined) {
    turns = turnsSoFar();
    looking = setInterval(closeEnded, LOOK_EVERY).unref();
  }
  return server;
}

const listening = new Set<Server>();
let looking: NodeJS.Timeout | undefined;
let turns = 0;

/**
 * Closes listeners that were ended from outside (`ss -K`). They accept nobody any more, which libuv tells nobody, but
 * tries again without a pause; rathole pauses. The kernel is asked only when the event loop turns without doing a thing.
 */
function closeEnded(): void {
  for (const server of listening) if (!server.listening) listening.delete(server);
  if (listening.size === 0) {
    clearInterval(looking);
    looking = undefined;
    return;
  }
  const before = turns;
  turns = turnsSoFar();
  if (turns - before <= IDLE_TURNS) return;
  const inodes = listeningInodes();
  for (const server of listening) if (!inodes.has(inodeOf(server))) server.close();
}

const turnsSoFar = () => performance.nodeTiming.uvMetricsInfo.loopCount;

function inodeOf(server: Server): number {
  const { fd } = (server as Server & { readonly _handle: { readonly fd: number } })._handle;
  return fstatSync(fd).ino;
}

/** From the kernel's tables: `sl local remote st … inode`, where 0A is LISTEN. */
function listeningInodes(): ReadonlySet<number> {
  const lines = ['tcp', 'tcp6'].flatMap((table) =>
    readFileSync(`/proc/self/net/${table}`, 'utf8').split('\n'),
  );
  const fields = lines.map((line) => line.trim().split(/\s+/));
  return new Set(fields.filter(([, , , state]) => state === '0A').map((each) => Number(each[9])));
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
