import type { ServerService } from '../config.ts';
import { chain, Failure } from '../failure.ts';
import type { Log } from '../log.ts';
import { Mailbox } from '../mailbox.ts';
import type { Channel } from '../transport/channel.ts';
import type { ControlCommand } from '../wire.ts';
import { runControlChannel } from './control-channel.ts';
import { runTcpPool } from './tcp-pool.ts';
import { runUdpPool } from './udp-pool.ts';

/** What a pool of data channels works with. */
export interface PoolPorts {
  readonly bindAddr: string;
  /** Data channels that wait for a visitor. */
  readonly channels: Mailbox<Channel>;
  /** To the client: each 'create data channel' brings one more. */
  readonly commands: Mailbox<ControlCommand>;
  /** Fires when the service changes or goes, or the client comes anew. */
  readonly signal: AbortSignal;
  readonly log: Log;
}

const POOL = { tcp: { size: 8, run: runTcpPool }, udp: { size: 2, run: runUdpPool } } as const;

/** One authenticated client of one service: its control channel, its pooled data channels and the service's listener. */
export class ServiceHandle {
  readonly #service: ServerService;
  readonly #channels = new Mailbox<Channel>();
  readonly #stop = new AbortController();

  constructor(control: Channel, service: ServerService, heartbeatSecs: number, connection: Log) {
    this.#service = service;
    const log = connection.within(`handle{service=${service.name}}`);
    const commands = new Mailbox<ControlCommand>();
    const { size, run } = POOL[service.type];
    for (let i = 0; i < size; i += 1) commands.push('create data channel');
    const signal = this.#stop.signal;
    const pool = run({
      bindAddr: service.bindAddr,
      channels: this.#channels,
      commands,
      signal,
      log: log.within(`run_${service.type}_connection_pool`),
    });
    pool
      .catch((error) => log.error(chain(new Failure('Failed to run TCP connection pool', error))))
      .finally(() => commands.close());
    void runControlChannel(control, commands, heartbeatSecs, signal, log.within('run'));
  }

  get nodelay(): boolean | undefined {
    return this.#service.nodelay;
  }

  /** Puts a data channel into the pool; false when the pool is gone. */
  offer(channel: Channel): boolean {
    return this.#channels.push(channel);
  }

  /** Frees the service's address and hangs up on the client; visitors already paired stay connected. */
  stop(): void {
    this.#stop.abort();
    this.#channels.close();
  }
}
