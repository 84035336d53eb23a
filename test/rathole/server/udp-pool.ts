import { createSocket, type Socket } from 'node:dgram';
import { resolveAddress } from '../address.ts';
import { writeAll } from '../bytes.ts';
import { type Datagram, DatagramDecoder, encodeDatagram } from '../datagrams.ts';
import { Failure } from '../failure.ts';
import { bindWithRetry } from '../listen.ts';
import { Mailbox } from '../mailbox.ts';
import type { Channel } from '../transport/channel.ts';
import { dataCommand } from '../wire.ts';
import type { PoolPorts } from './service-handle.ts';

/** Carries all datagrams of a UDP service over one data channel; ends with that channel or when the service is stopped. */
export async function runUdpPool(ports: PoolPorts): Promise<void> {
  const { bindAddr, channels, signal, log } = ports;
  const inbound = new Mailbox<Datagram>();
  const socket = await bindWithRetry(
    () => bindUdp(bindAddr, inbound),
    signal,
    (line) => log.warn(line),
  );
  if (socket === undefined) throw new Failure('Failed to listen for the service: shutdown');
  log.info(`Listening at ${bindAddr}`);
  try {
    const channel = await channels.take();
    if (channel === undefined) throw new Failure('No available data channels');
    await carry(socket, inbound, channel, signal);
  } finally {
    socket.close();
    inbound.refuse();
    for (const spare of channels.refuse()) spare.stream.destroy();
  }
}

async function bindUdp(address: string, inbound: Mailbox<Datagram>): Promise<Socket> {
  const { host, port, family } = await resolveAddress(address);
  const socket = createSocket({ type: family === 6 ? 'udp6' : 'udp4' });
  socket.on('message', (payload, from) => inbound.push({ from, payload }));
  await new Promise<void>((resolve, reject) => {
    socket.once('error', reject);
    socket.bind({ address: host, port, exclusive: true }, () => resolve());
  });
  return socket;
}

/** Copies datagrams both ways; rejects when the channel or the socket breaks, resolves when `signal` fires. */
async function carry(socket: Socket, inbound: Mailbox<Datagram>, { stream }: Channel, signal: AbortSignal) {
  await writeAll(stream, dataCommand.encode('udp'));
  const decoder = new DatagramDecoder();
  const broken = new Promise<never>((_, reject) => {
    const fail = (error?: Error) => reject(error ?? new Failure('early eof'));
    socket.once('error', fail);
    stream.once('error', fail).once('end', fail).once('close', fail);
    stream.on('data', (chunk: Buffer) => {
      try {
        for (const { from, payload } of decoder.push(chunk)) {
          socket.send(payload, from.port, from.address, (error) => error && fail(error));
        }
      } catch (error) {
        reject(error);
      }
    });
  });
  signal.addEventListener('abort', () => inbound.close(), { once: true });
  if (signal.aborted) inbound.close();
  try {
    await Promise.race([sendAll(inbound, stream), broken]);
  } finally {
    stream.destroy();
  }
}

async function sendAll(inbound: Mailbox<Datagram>, stream: Channel['stream']): Promise<void> {
  for (let next = await inbound.take(); next; next = await inbound.take()) {
    await writeAll(stream, encodeDatagram(next));
  }
}
