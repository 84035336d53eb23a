import type { ClientConfig, ClientService } from '../config.ts';
import type { Instance, ServiceChange } from '../instance.ts';
import { Log } from '../log.ts';
import type { Transport } from '../transport/channel.ts';
import { makeTransport } from '../transport/index.ts';
import { ControlLoop } from './control-loop.ts';

const log = new Log('rathole::client');

/** The client's role: one control channel per service. */
export class Client implements Instance {
  readonly #config: ClientConfig;
  readonly #transport: Transport;
  readonly #loops = new Map<string, ControlLoop>();

  constructor(config: ClientConfig) {
    this.#config = config;
    this.#transport = makeTransport(config.transport);
    for (const service of config.services.values()) this.#start(service);
  }

  update(change: ServiceChange): void {
    if (change.role === 'server') log.warn('Ignored ServerChange since running as a client');
    else if (change.kind === 'add') this.#start(change.service);
    else this.#stop(change.name);
  }

  async stop(): Promise<void> {
    for (const name of [...this.#loops.keys()]) this.#stop(name);
  }

  /** The new control channel starts before the old one of the same name ends; the server drops the old one too. */
  #start(service: ClientService): void {
    const { remoteAddr, heartbeatTimeout } = this.#config;
    const loop = new ControlLoop({ service, remoteAddr, heartbeatTimeout, transport: this.#transport });
    this.#stop(service.name);
    this.#loops.set(service.name, loop);
    void loop.run();
  }

  #stop(name: string): void {
    this.#loops.get(name)?.stop();
    this.#loops.delete(name);
  }
}
