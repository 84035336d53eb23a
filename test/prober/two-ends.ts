import type { Host } from '../lab/host.ts';
import { installRathole, startRathole } from '../lab/rathole.ts';

/** A service as both ends see it. */
export interface Service {
  readonly name: string;
  readonly type?: 'tcp' | 'udp';
  readonly token: string;
  /** Where the server listens. */
  readonly bind: string;
  /** Where the client finds the target. */
  readonly local: string;
}

/** A rathole server and its client, and how to change what either serves. */
export class TwoEnds {
  readonly server: Host;
  readonly client: Host;

  constructor(server: Host, client: Host) {
    this.server = server;
    this.client = client;
  }

  /** Starts both with these services and waits until each listens. */
  async start(services: readonly Service[]): Promise<void> {
    await Promise.all([this.server, this.client].map(installRathole));
    await startRathole(this.server, { name: 'server', role: 'server', config: serverToml(services) });
    await startRathole(this.client, { name: 'client', role: 'client', config: this.#clientToml(services) });
    await Promise.all(services.map(({ bind }) => this.serverListens(bind)));
  }

  /** Gives the running server another set of services. */
  async setServer(services: readonly Service[]): Promise<void> {
    await this.server.write('/etc/rathole/server.toml', serverToml(services));
  }

  async setClient(services: readonly Service[]): Promise<void> {
    await this.client.write('/etc/rathole/client.toml', this.#clientToml(services));
  }

  async serverListens(bind: string): Promise<void> {
    const [address, port] = bind.split(':');
    await this.server.listening(Number(port), address);
  }

  #clientToml(services: readonly Service[]): string {
    const blocks = services.map(({ name, type = 'tcp', token, local }) =>
      [
        `[client.services."${name}"]`,
        `type = "${type}"`,
        `token = "${token}"`,
        `local_addr = "${local}"`,
      ].join('\n'),
    );
    return [`[client]\nremote_addr = "${this.server.name}.test:2333"`, ...blocks, ''].join('\n');
  }
}

function serverToml(services: readonly Service[]): string {
  const blocks = services.map(({ name, type = 'tcp', token, bind }) =>
    [`[server.services."${name}"]`, `type = "${type}"`, `token = "${token}"`, `bind_addr = "${bind}"`].join(
      '\n',
    ),
  );
  return ['[server]\nbind_addr = "0.0.0.0:2333"', ...blocks, ''].join('\n');
}
