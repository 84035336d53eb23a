import { randomInt } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TomlTable } from 'smol-toml';
import { test as base, vi } from 'vitest';
import { isListening } from './listening.ts';
import { type ConfigText, type Rathole, rathole } from './rathole.ts';
import { type Target, tcpTarget, type UdpTarget, udpTarget } from './targets.ts';
import { until } from './until.ts';
import type { Address } from './visit.ts';

/** One service: where visitors come (`port`) and which local port it leads to (`target`), both on the site's address. */
interface ServicePlan {
  readonly port: number;
  readonly token: string;
  readonly target?: number;
  readonly type?: 'tcp' | 'udp';
}

export type Services = Readonly<Record<string, ServicePlan>>;

// Waits of seconds are what these tests are about.
vi.setConfig({ testTimeout: 30_000 });

const CONTROL_PORT = 2333;
const TARGET_PORT = 6000;

/** A loopback address of its own with a folder, processes and targets, all of which go when the test is over. */
export class Site {
  readonly host = `127.${randomInt(64, 250)}.${randomInt(1, 250)}.${randomInt(1, 250)}`;
  readonly folder = mkdtempSync(join(tmpdir(), 'conformance-'));
  readonly #closers: (() => void | Promise<void>)[] = [];
  #clients = 0;

  at(port: number): Address {
    return { host: this.host, port };
  }

  onClose(closer: () => void | Promise<void>): void {
    this.#closers.push(closer);
  }

  async close(): Promise<void> {
    await Promise.all(this.#closers.map((closer) => closer()));
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** The config of a server with these services; `more` goes into its `[server]` table. */
  serverConfig(services: Services, more: TomlTable = {}): TomlTable {
    const tables = Object.entries(services).map(([name, { port, token, type = 'tcp' }]) => {
      return [name, { type, bind_addr: `${this.host}:${port}`, token }] as const;
    });
    return {
      server: { bind_addr: `${this.host}:${CONTROL_PORT}`, services: Object.fromEntries(tables), ...more },
    };
  }

  clientConfig(services: Services, more: TomlTable = {}): TomlTable {
    const tables = Object.entries(services).map(([name, { token, target = TARGET_PORT, type = 'tcp' }]) => {
      return [name, { type, local_addr: `${this.host}:${target}`, token }] as const;
    });
    return {
      client: { remote_addr: `${this.host}:${CONTROL_PORT}`, services: Object.fromEntries(tables), ...more },
    };
  }

  /** Starts a server and waits until it is ready. */
  async server(config: ConfigText, program?: string): Promise<Rathole> {
    const server = this.start('server', config, program);
    await server.logged('Listening at ');
    await server.logged('Start watching the config');
    return server;
  }

  /** Starts a client in a folder of its own, without waiting for its login. */
  async client(config: ConfigText, program?: string): Promise<Rathole> {
    const client = this.start('client', config, program);
    await client.logged('Start watching the config');
    return client;
  }

  /** Starts a rathole without waiting for anything. */
  start(role: 'server' | 'client', config: ConfigText, program?: string): Rathole {
    this.#clients += 1;
    const folder = join(this.folder, `${role}-${this.#clients}`);
    mkdirSync(folder);
    const started = rathole({ folder, role, config, ...(program === undefined ? {} : { program }) });
    this.onClose(() => started.stop());
    return started;
  }

  async tcpTarget(port = TARGET_PORT): Promise<Target> {
    return this.#keep(await tcpTarget(this.at(port)));
  }

  async udpTarget(port = TARGET_PORT): Promise<UdpTarget> {
    return this.#keep(await udpTarget(this.at(port)));
  }

  /** Waits until the port is listened on, or no more; gives the milliseconds it took. */
  listening(port: number, yes = true, ms = 8000): Promise<number> {
    const what = () => `${this.host}:${port} ${yes ? 'listening' : 'free'}`;
    return until(() => isListening(this.at(port)) === yes, ms, what);
  }

  isListening(port: number): boolean {
    return isListening(this.at(port));
  }

  #keep<T extends Target>(target: T): T {
    this.onClose(() => target.close());
    return target;
  }
}

/** A test with a site of its own. */
export const test = base.extend<{ site: Site }>({
  // biome-ignore lint/correctness/noEmptyPattern: the runner insists on a destructured first argument
  site: async ({}, use) => {
    const site = new Site();
    try {
      await use(site);
    } finally {
      await site.close();
    }
  },
});
