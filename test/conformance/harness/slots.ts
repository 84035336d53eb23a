import type { Rathole } from './rathole.ts';
import type { Services, Site } from './site.ts';
import { until } from './until.ts';

/** The port that visitors know. */
export const PUBLIC = 7000;
export const SLOT_A = 5000;
export const SLOT_B = 5001;

/** One service that is rotated by hand between two slots: each generation has its name, its token and its slot. */
export class Slots {
  readonly server: Rathole;
  readonly client: Rathole;
  readonly #site: Site;
  readonly #type: 'tcp' | 'udp';
  #generation = 1;

  private constructor(site: Site, type: 'tcp' | 'udp', server: Rathole, client: Rathole) {
    this.#site = site;
    this.#type = type;
    this.server = server;
    this.client = client;
  }

  /** Starts a server and a client with generation 1. */
  static async start(site: Site, type: 'tcp' | 'udp'): Promise<Slots> {
    const services = generation(1, type);
    const server = await site.server(site.serverConfig(services));
    const client = await site.client(site.clientConfig(services));
    const slots = new Slots(site, type, server, client);
    await slots.#up(1);
    return slots;
  }

  /** Adds the next generation beside the current one, and waits until its slot listens. */
  async stage(): Promise<void> {
    const both = {
      ...generation(this.#generation, this.#type),
      ...generation(this.#generation + 1, this.#type),
    };
    this.#write(both);
    await this.#up(this.#generation + 1);
  }

  /** Takes the old generation away. */
  async finalize(): Promise<void> {
    const old = this.#generation;
    this.#generation += 1;
    this.#write(generation(this.#generation, this.#type));
    if (this.#type === 'tcp') await this.#site.listening(slotOf(old), false);
  }

  async rotate(): Promise<void> {
    await this.stage();
    await this.finalize();
  }

  #write(services: Services): void {
    this.server.rewrite(this.#site.serverConfig(services));
    this.client.rewrite(this.#site.clientConfig(services));
  }

  /** UDP has no listening state, so the log tells. */
  async #up(number: number): Promise<void> {
    const address = `Listening at ${this.#site.host}:${slotOf(number)}`;
    const times = Math.ceil(number / 2);
    await until(
      () => this.server.count(address) >= times,
      8000,
      () => `${address} in\n${this.server.log}`,
    );
  }
}

/** nginx's `stream` with both slots behind the public port; `flags` follow each server of the upstream. */
export const twoSlots = (site: Site, flags: string, listen = '', more = ''): string => `stream {
  upstream slots { server ${site.host}:${SLOT_A} ${flags}; server ${site.host}:${SLOT_B} ${flags}; }
  server { listen ${site.host}:${PUBLIC} ${listen}; proxy_pass slots; proxy_connect_timeout 1s; ${more} }
}`;

const slotOf = (number: number): number => (number % 2 === 1 ? SLOT_A : SLOT_B);

const generation = (number: number, type: 'tcp' | 'udp'): Services => ({
  [`svc.g${number}`]: { port: slotOf(number), token: `token ${number}`, type },
});
