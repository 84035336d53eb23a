import type { Server as Listener, Socket } from 'node:net';
import type { ServerConfig } from '../config.ts';
import { chain, Failure, panic } from '../failure.ts';
import type { Instance, ServiceChange } from '../instance.ts';
import { listenTcp } from '../listen.ts';
import { Log } from '../log.ts';
import { Mailbox } from '../mailbox.ts';
import type { Channel, Transport } from '../transport/channel.ts';
import { makeTransport } from '../transport/index.ts';
import { greet } from './handshake.ts';
import { Registry } from './registry.ts';

const HANDSHAKE_MS = 5000;
const log = new Log('rathole::server');

type Event = Socket | 'update' | 'stop';

/**
 * The server's role. One loop takes connections, updates and the stop in turn, and shakes hands within the loop: a
 * connection that says nothing holds up everything else for 5 s.
 */
export class Server implements Instance {
  readonly #config: ServerConfig;
  readonly #transport: Transport;
  readonly #registry: Registry;
  readonly #events = new Mailbox<Event>();
  readonly #updates: ServiceChange[] = [];
  readonly #done: Promise<void>;

  constructor(config: ServerConfig) {
    this.#config = config;
    this.#transport = makeTransport(config.transport);
    this.#registry = new Registry(config.services.values());
    this.#done = this.#run();
  }

  update(change: ServiceChange): void {
    this.#updates.push(change);
    this.#events.pushFirst('update');
  }

  stop(): Promise<void> {
    this.#events.pushFirst('stop');
    return this.#done;
  }

  async #run(): Promise<void> {
    const listener = await this.#listen();
    log.info(`Listening at ${this.#config.bindAddr}`);
    for (
      let event = await this.#events.take();
      event && event !== 'stop';
      event = await this.#events.take()
    ) {
      if (event === 'update') this.#applyUpdates();
      else await this.#shakeHands(event);
    }
    log.info('Shuting down gracefully...');
    listener.close();
    for (const event of this.#events.refuse()) if (typeof event !== 'string') event.destroy();
    this.#registry.abandon();
    log.info('Shutdown');
  }

  async #listen(): Promise<Listener> {
    try {
      return await listenTcp(this.#config.bindAddr, (socket) => {
        if (!this.#events.push(socket)) socket.destroy();
      });
    } catch (error) {
      return panic(`Err value: ${chain(new Failure('Failed to listen at `server.bind_addr`', error))}`);
    }
  }

  #applyUpdates(): void {
    for (const change of this.#updates.splice(0)) {
      if (change.role === 'client') log.warn('Ignored ClientChange since running as a server');
      else if (change.kind === 'add') this.#registry.setService(change.service);
      else this.#registry.deleteService(change.name);
    }
  }

  async #shakeHands(socket: Socket): Promise<void> {
    const peer = `${socket.remoteAddress}:${socket.remotePort}`;
    try {
      const channel = await within(HANDSHAKE_MS, this.#transport.accept(socket));
      if (channel !== undefined) {
        void this.#greet(channel, new Log('rathole::server', `connection{addr=${peer}}`));
        return;
      }
      log.error('Transport handshake timeout: deadline has elapsed');
    } catch (error) {
      log.error(chain(new Failure('Failed to do transport handshake', error)));
    }
    socket.destroy();
  }

  async #greet(channel: Channel, log: Log): Promise<void> {
    await this.#registry.host(async () => {
      try {
        await greet(channel, this.#registry, this.#config.heartbeatInterval, log);
      } catch (error) {
        log.error(chain(error));
        channel.stream.destroy();
      }
    });
  }
}

/** What `work` gives, or undefined when it takes longer than `ms`. */
async function within<T>(ms: number, work: Promise<T>): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => resolve(undefined), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
