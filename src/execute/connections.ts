import type { DesiredHost } from '../model/desired.ts';
import type { Host } from './ports.ts';

/** The connections of one run: each host's is opened when it is first needed, and used for everything after. */
export class Connections {
  readonly #hosts: ReadonlyMap<string, DesiredHost>;
  readonly #open: (host: DesiredHost) => Promise<Host>;
  readonly #opened = new Map<string, Promise<Host>>();

  constructor(hosts: readonly DesiredHost[], open: (host: DesiredHost) => Promise<Host>) {
    this.#hosts = new Map(hosts.map((host) => [host.name, host]));
    this.#open = open;
  }

  /** @throws ReconcileError `unreachable`, the same for everybody who asks. */
  readonly connect = (name: string): Promise<Host> => {
    const host = this.#hosts.get(name);
    if (host === undefined) throw new Error(`no host named ${name} takes part in this run`);
    const connection = this.#opened.get(name) ?? this.#open(host);
    this.#opened.set(name, connection);
    return connection;
  };

  readonly close = async (): Promise<void> => {
    const connections = await Promise.allSettled(this.#opened.values());
    const opened = connections.flatMap((result) => (result.status === 'fulfilled' ? result.value : []));
    await Promise.allSettled(opened.map((host) => host.close()));
  };
}
