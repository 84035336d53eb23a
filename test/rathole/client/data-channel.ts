import { setTimeout as sleep } from 'node:timers/promises';
import { parseAddress } from '../address.ts';
import { dataBackoff } from '../backoff.ts';
import { readExactly, writeAll } from '../bytes.ts';
import type { ClientService } from '../config.ts';
import { chain, during, Failure } from '../failure.ts';
import { join } from '../join.ts';
import type { Log } from '../log.ts';
import { type Channel, hintNodelay, type Remote, type Transport } from '../transport/channel.ts';
import { connectTcp } from '../transport/tcp.ts';
import { dataCommand, encodeHello, WORD_BYTES } from '../wire.ts';
import { forwardUdp } from './udp-forward.ts';

export interface DataChannelOptions {
  readonly service: ClientService;
  readonly remote: Remote;
  readonly session: Buffer;
  readonly transport: Transport;
}

/** One data channel: waits in the server's pool, then forwards to the local target. Failures are only logged. */
export async function runDataChannel(options: DataChannelOptions, log: Log): Promise<void> {
  const { service, session } = options;
  let channel: Channel | undefined;
  const fail = (error: unknown) => log.warn(chain(new Failure('Failed to run the data channel', error)));
  try {
    channel = await connectWithRetry(options, log);
    hintNodelay(channel, service.nodelay);
    await writeAll(channel.stream, encodeHello({ kind: 'data', digest: session }));
    await forward(channel, service, fail);
  } catch (error) {
    channel?.stream.destroy();
    fail(error);
  }
}

/** Tries for 10 s. */
async function connectWithRetry({ remote, transport }: DataChannelOptions, log: Log): Promise<Channel> {
  const backoff = dataBackoff();
  for (;;) {
    try {
      return await during(`Failed to connect to ${remote.text}`, () => transport.connect(remote));
    } catch (error) {
      const wait = backoff.next();
      if (wait === undefined) throw error;
      log.warn(`${chain(error)}. Retry in ${wait.toFixed(0)}ms`);
      await sleep(wait);
    }
  }
}

/** Waits for the server's command; resolves once the copying is under way. A UDP service's end is told later. */
async function forward(
  channel: Channel,
  service: ClientService,
  onEnd: (error: unknown) => void,
): Promise<void> {
  const bytes = await during('Failed to read cmd', () => readExactly(channel.stream, WORD_BYTES));
  const type = dataCommand.decode(bytes);
  if (type !== service.type) {
    throw new Failure(`Expect ${service.type.toUpperCase()} traffic. Please check the configuration.`);
  }
  if (type === 'udp') return forwardUdp(channel.stream, service.localAddr, onEnd);
  const local = await during(`Failed to connect to ${service.localAddr}`, async () =>
    connectTcp(parseAddress(service.localAddr)),
  );
  join(channel, local);
}
