import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { resolveAddress } from '../address.ts';
import { controlBackoff } from '../backoff.ts';
import { readExactly, writeAll } from '../bytes.ts';
import type { ClientService } from '../config.ts';
import { chain, during, Failure } from '../failure.ts';
import { Log } from '../log.ts';
import { timerMs } from '../timers.ts';
import { type Channel, hintNodelay, type Remote, type Transport } from '../transport/channel.ts';
import {
  AUTH_BYTES,
  ack,
  controlCommand,
  decodeHello,
  digest,
  encodeHello,
  HELLO_BYTES,
  WORD_BYTES,
} from '../wire.ts';
import { runDataChannel } from './data-channel.ts';

/** A session that lasted this long starts the waits from the beginning. */
const LASTED_MS = 3000;

export interface ControlLoopOptions {
  readonly service: ClientService;
  readonly remoteAddr: string;
  /** Seconds; 0 waits for ever. */
  readonly heartbeatTimeout: number;
  readonly transport: Transport;
}

/** Keeps one service's control channel up, trying again after each failure. */
export class ControlLoop {
  readonly #options: ControlLoopOptions;
  readonly #log: Log;
  #stopping = false;
  #established: Duplex | undefined;

  constructor(options: ControlLoopOptions) {
    this.#options = options;
    this.#log = new Log('rathole::client', `handle{service=${options.service.name}}`);
  }

  /** Hangs up. A loop that is connecting or waiting to try again notices only after its next login, as rathole's does. */
  stop(): void {
    this.#stopping = true;
    this.#established?.destroy();
  }

  async run(): Promise<void> {
    const { service } = this.#options;
    const backoff = controlBackoff(service.retryInterval);
    this.#log.info(`Starting ${digest(service.name).toString('hex')}`);
    for (let started = Date.now(); ; started = Date.now()) {
      const failure = await this.#session().catch((error: unknown) => new Failure(RUN, error));
      if (failure === undefined || this.#stopping) return;
      if (Date.now() - started > LASTED_MS) backoff.reset();
      const wait = backoff.next() ?? 0;
      this.#log.error(`${chain(failure)}. Retry in ${wait.toFixed(0)}ms...`);
      await sleep(wait);
    }
  }

  /** One control channel, from connect to its end; resolves when stopped, rejects when it broke. */
  async #session(): Promise<undefined> {
    const { remoteAddr, transport } = this.#options;
    const remote = { ...(await resolveAddress(remoteAddr)), text: remoteAddr };
    const channel = await during(`Failed to connect to ${remoteAddr}`, () => transport.connect(remote));
    try {
      hintNodelay(channel, true);
      const session = await this.#login(channel);
      this.#log.within('run').info('Control channel established');
      this.#established = channel.stream;
      if (!this.#stopping) await this.#obey(channel, remote, session);
    } catch (error) {
      if (!this.#stopping) throw error;
    } finally {
      channel.stream.destroy();
      this.#established = undefined;
    }
    this.#log.within('run').info('Control channel shutdown');
    return undefined;
  }

  /** The session key; rejects when the server knows no such service or token. */
  async #login({ stream }: Channel): Promise<Buffer> {
    const { service } = this.#options;
    await writeAll(stream, encodeHello({ kind: 'control', digest: digest(service.name) }));
    const hello = decodeHello(await during('Failed to read hello', () => readExactly(stream, HELLO_BYTES)));
    if (hello.kind !== 'control') throw new Failure('Unexpected type of hello');
    const session = digest(service.token, hello.digest.subarray(0, AUTH_BYTES));
    await writeAll(stream, session);
    const answer = ack.decode(await during('Failed to read ack', () => readExactly(stream, WORD_BYTES)));
    if (answer === 'ok') return session;
    const why = answer === 'wrong token' ? 'Incorrect token' : 'Service not exist';
    throw new Failure(`Authentication failed: ${service.name}`, new Failure(why));
  }

  /** Opens a data channel for each request; rejects when the server is silent for too long or gone. */
  async #obey({ stream }: Channel, remote: Remote, session: Buffer): Promise<never> {
    const { service, heartbeatTimeout, transport } = this.#options;
    const hangUp = () => stream.destroy(new Failure('Heartbeat timed out'));
    const silence = heartbeatTimeout > 0 ? setTimeout(hangUp, timerMs(heartbeatTimeout)) : undefined;
    try {
      for (;;) {
        const bytes = await during('Failed to read cmd', () => readExactly(stream, WORD_BYTES));
        silence?.refresh();
        if (controlCommand.decode(bytes) === 'heartbeat') continue;
        void runDataChannel({ service, remote, session, transport }, this.#log);
      }
    } finally {
      clearTimeout(silence);
    }
  }
}

const RUN = 'Failed to run the control channel';
