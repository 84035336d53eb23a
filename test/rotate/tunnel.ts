import { existsSync, statSync, utimesSync } from 'node:fs';
import { expect } from 'vitest';
import { slotConfig } from '../../src/artifacts/nginx-stream.ts';
import { listener, POLICY, type Policy, RotateHost, slot } from './host.ts';

const LONG_AGO = Date.now() / 1000 - 60;

/**
 * One service, `ssh`, as its client and rathole see it: the client takes what is published whole, rathole lets it in
 * with each token that server.toml has, and nginx passes datagrams to the slot that it has loaded.
 */
export class FakeTunnel {
  readonly host: RotateHost;
  readonly #policy: Policy;
  /** The client's tokens by rathole's name. */
  #held: Readonly<Record<string, string>>;

  constructor(policy: Partial<Policy> | FakeTunnel) {
    if (policy instanceof FakeTunnel) {
      this.host = policy.host.copy();
      this.#policy = policy.#policy;
      this.#held = policy.#held;
      if (existsSync(this.host.path('fakes/nginx-master'))) this.host.startNginx();
      return;
    }
    this.#policy = { ...POLICY, address: '192.0.2.1', ...policy };
    this.host = new RotateHost();
    this.host.enroll('ssh', this.#policy);
    this.#held = this.host.tokens(`state/fragments/client/pc/50-ssh.g7.toml`);
    this.#listen();
    if (this.#policy.protocol === 'udp') this.#passDatagrams();
    // A run that has nothing to do joins nothing: the first server.toml is the apply's.
    const { host } = this;
    host.write(
      'etc/server.toml',
      host.read('state/fragments/server/00-head.toml') + host.read('state/fragments/server/50-ssh.g7.toml'),
    );
    host.write(
      'fakes/answering',
      [7, 8, 9, 10, 11, 12, 13].map((generation) => `${this.#slotOf(generation)}\n`).join(''),
    );
    host.write(
      'fakes/connected',
      [7, 8].map((generation) => `0 0 ${this.#slotOf(generation)} 127.0.0.1:5\n`).join(''),
    );
  }

  #passDatagrams(): void {
    const { host } = this;
    const bind = { address: '0.0.0.0', port: this.#policy.port };
    host.write('slots/ssh.conf', slotConfig({ name: 'ssh', protocol: 'udp', bind, generation: 7 }));
    host.write('fakes/loaded', host.read('slots/ssh.conf'));
    host.startNginx();
  }

  /** Some time after the last run. */
  run(...words: readonly string[]) {
    this.settle();
    return this.host.run(...words);
  }

  /** server.toml has stood for a while. */
  settle(): void {
    utimesSync(this.host.path('etc/server.toml'), LONG_AGO, LONG_AGO);
  }

  /** The current token has become older than max_age. */
  outdate(): void {
    const { current, highest } = this.host.record('ssh');
    this.host.write('state/rotation/ssh/record', `steady ${current} 0 ${highest} 0 0 1000\n`);
  }

  /** The client takes client.toml if sync.conf names it, as the sync step does, and nginx logs that it was told. */
  poll(): void {
    const { host } = this;
    if (!host.has('state/pull/pc/sync.conf')) return;
    const named = /^client_toml = (\w+)$/m.exec(host.read('state/pull/pc/sync.conf'))?.[1];
    const sealed = /^# reconcile sha256 (\w+)$/m.exec(host.read('state/pull/pc/client.toml'))?.[1];
    if (named !== sealed) return;
    this.#held = host.tokens('state/pull/pc/client.toml');
    this.#listen();
    const log = host.has('log/pull.log') ? host.read('log/pull.log') : '';
    const line = `{"time":1,"client":"pc","key":"pc.k1","file":"/api/v1/sync.conf","status":200,"etag":"\\"${this.tag}\\""}\n`;
    host.write('log/pull.log', log + line);
  }

  /** nginx's ETag of the sync.conf that is served. */
  get tag(): string {
    const { mtimeMs, size } = statSync(this.host.path('state/pull/pc/sync.conf'));
    return `${Math.floor(mtimeMs / 1000).toString(16)}-${size.toString(16)}`;
  }

  #listen(): void {
    const { protocol } = this.#policy;
    const lines = Object.entries(this.#held).map(
      ([name, token]) =>
        `${token} ${listener(this.#slotOf(Number(name.split('.g')[1] ?? 0)), undefined, protocol)}`,
    );
    this.host.write('fakes/held', lines.join(''));
  }

  #slotOf(generation: number): string {
    const { cutover, address, port } = this.#policy;
    return cutover === 'in-place' ? `${address}:${port}` : slot(port, generation);
  }

  /** Whether rathole lets the client in, and nginx passes visitors to where it is let in. */
  get works(): boolean {
    const accepted = this.host.tokens('etc/server.toml');
    const good = Object.keys(this.#held).filter((name) => accepted[name] === this.#held[name]);
    if (this.#policy.protocol === 'tcp') return good.length > 0;
    const loaded = this.host.read('fakes/loaded');
    return good.some((name) => loaded.includes(` ${slot(this.#policy.port, name.split('.g')[1] ?? 0)} `));
  }

  /** The numbers of the fragments, which must be those of the record, of both sides, and of what the client holds. */
  expectGenerations(generations: readonly number[]): void {
    const { host } = this;
    const fragments = generations.map((generation) => `50-ssh.g${generation}.toml`).sort();
    expect(host.list('state/fragments/server').filter((name) => name.endsWith('.toml'))).toEqual([
      '00-head.toml',
      ...fragments,
    ]);
    expect(host.list('state/fragments/client/pc').filter((name) => name.endsWith('.toml'))).toEqual([
      '00-head.toml',
      ...fragments,
    ]);
    expect(host.tokens('state/pull/pc/client.toml')).toEqual(host.tokens('etc/server.toml'));
    expect(this.#held).toEqual(host.tokens('etc/server.toml'));
    expect(this.works).toBe(true);
  }
}
