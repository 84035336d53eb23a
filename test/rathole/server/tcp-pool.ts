import type { Socket } from 'node:net';
import { writeAll } from '../bytes.ts';
import { join } from '../join.ts';
import { bindWithRetry, listenTcp } from '../listen.ts';
import { Mailbox } from '../mailbox.ts';
import { dataCommand } from '../wire.ts';
import type { PoolPorts } from './service-handle.ts';

/** Pairs visitors of a TCP service with data channels, first come first served; ends when the service is stopped. */
export async function runTcpPool(ports: PoolPorts): Promise<void> {
  const visitors = new Mailbox<Socket>();
  const listening = listenForVisitors(ports, visitors);
  try {
    for (let visitor = await visitors.take(); visitor; visitor = await visitors.take()) {
      if (await serve(visitor, ports)) continue;
      visitor.destroy();
      break;
    }
  } finally {
    for (const channel of ports.channels.refuse()) channel.stream.destroy();
    for (const visitor of visitors.refuse()) visitor.destroy();
  }
  ports.log.info('Shutdown');
  await listening;
}

/** Pairs one visitor; a data channel that turns out broken is replaced. False when there will be none. */
async function serve(visitor: Socket, { channels, commands }: PoolPorts): Promise<boolean> {
  for (let channel = await channels.take(); channel; channel = await channels.take()) {
    try {
      await writeAll(channel.stream, dataCommand.encode('tcp'));
      join(channel, visitor);
      return true;
    } catch {
      channel.stream.destroy();
      if (!commands.push('create data channel')) return false;
    }
  }
  return false;
}

/** Listens and queues visitors, asking for a data channel for each; resolves when it listens no more. */
async function listenForVisitors(ports: PoolPorts, visitors: Mailbox<Socket>): Promise<void> {
  const { bindAddr, commands, signal, log } = ports;
  let stopped: () => void = () => undefined;
  const done = new Promise<void>((resolve) => {
    stopped = resolve;
  });
  const onVisitor = (visitor: Socket) => {
    // The control channel broke earlier and nobody noticed until this visitor came.
    if (!commands.push('create data channel')) {
      visitor.destroy();
      stopped();
    } else if (!visitors.push(visitor)) visitor.destroy();
  };
  const server = await bindWithRetry(
    () => listenTcp(bindAddr, onVisitor),
    signal,
    (line) => log.error(line),
  );
  signal.addEventListener('abort', stopped, { once: true });
  if (server === undefined) {
    log.error('Failed to listen for the service: shutdown');
  } else {
    log.info(`Listening at ${bindAddr}`);
    if (!signal.aborted) await done;
    server.close();
    log.info('TCPListener shutdown');
  }
  visitors.close();
}
