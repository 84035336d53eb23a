import { readFileSync } from 'node:fs';
import { AUDIT, FINALIZE_SERVICE, LOCK, PENDING, ROTATE, STATE } from '../../src/artifacts/paths.ts';
import { parseRecord } from '../../src/codec/record.ts';
import type { RotationRecord } from '../../src/model/rotation.ts';
import type { Host } from '../lab/host.ts';
import type { Lab } from '../lab/lab.ts';
import type { Ran } from '../lab/run.ts';
import { waitFor } from '../lab/wait.ts';
import { serveTargets } from '../prober/lab.ts';
import { pollNow } from './joined.ts';
import { Operator, type PlaybookText } from './tunnel.ts';

/** Those that rotate, one of each kind, and a bystander. */
const SERVICES = {
  web: { client: 'desktop', local: '127.0.0.1:8000', bind: '0.0.0.0:8080' },
  dns: { client: 'desktop', local: '127.0.0.1:5300', bind: '0.0.0.0:5353', type: 'udp' },
  placed: { client: 'desktop', local: '127.0.0.1:8000', bind: '0.0.0.0:8081', cutover: 'in-place' },
  bystander: { client: 'desktop', local: '127.0.0.1:7000', bind: '0.0.0.0:7007' },
} as const satisfies PlaybookText['services'];

export const ROTATING = ['web', 'dns', 'placed'] as const;
export type Service = (typeof ROTATING)[number];

/** Applies a playbook with those services to all servers of the lab, and sets up `desktop` by its bundle. */
export async function startRotating(lab: Lab, servers: readonly string[], rotation: string) {
  const operator = await Operator.start(lab, servers);
  const desktop = lab.host('desktop');
  await serveTargets(desktop, { id: 'desktop', http: 8000, tcp: 7000, udp: 5300 });
  operator.playbook({
    services: SERVICES,
    more: [`rotation: { ${rotation} }`],
  });
  const applied = await operator.apply();
  if (applied.code !== 0) throw new Error(`the apply failed: ${applied.stdout}${applied.stderr}`);
  await operator.bundle('desktop', 'desktop.sh');
  await desktop.write('/root/desktop.sh', readFileSync(operator.at('desktop.sh')), { mode: '0600' });
  await desktop.must('sh /root/desktop.sh');
  const all = servers.map((name) => new RotatingServer(lab.host(name), desktop));
  await Promise.all(all.map((server) => server.settle()));
  return { operator, servers: all };
}

/** A shell command that makes finalize_at of all that is staged be over, for whoever has the lock. */
export const GRACE_IS_OVER = `for record in ${STATE}/rotation/*/record; do
    sed -i "s/^\\(staged [0-9]* [0-9]* [0-9]*\\) [0-9]* [0-9]* /\\1 $(($(date +%s) - 900)) $(date +%s) /" "$record"
  done`;

/** A shell command that takes the host's lock, until its shell ends. */
export const TAKE_LOCK = `exec 9>>${LOCK} && flock 9`;

/** What a server and its client say about the services. */
export interface Standing {
  readonly records: Readonly<Record<string, RotationRecord>>;
  /** Tokens by rathole's name. */
  readonly server: Readonly<Record<string, string>>;
  readonly published: Readonly<Record<string, string>>;
  readonly client: Readonly<Record<string, string>>;
  /** File names. */
  readonly fragments: readonly string[];
  readonly clientFragments: readonly string[];
  readonly pending: boolean;
  readonly audit: readonly {
    readonly sequence: number;
    readonly target: string;
    readonly operation: string;
    readonly generation: number;
  }[];
}

/** A server whose services rotate, and its client, who holds what it pulled last. */
export class RotatingServer {
  readonly host: Host;
  readonly #client: Host;

  constructor(host: Host, client: Host) {
    this.host = host;
    this.#client = client;
  }

  get name(): string {
    return this.host.name;
  }

  /** The host's program. */
  rotate(...words: readonly string[]): Promise<Ran> {
    return this.host.exec([ROTATE, ...words]);
  }

  /** What the timer does at its next tick. */
  async tick(): Promise<void> {
    await this.host.must(`systemctl reset-failed ${FINALIZE_SERVICE}; systemctl start ${FINALIZE_SERVICE}`);
  }

  /** The client polls now, and is answered. */
  async sync(): Promise<void> {
    const polled = async () => {
      const { code, stderr } = await pollNow(this.#client, `home-${this.name}`);
      if (code !== 0) throw new Error(`status ${code}: ${stderr}`);
      return true;
    };
    await waitFor(polled, { what: `the client's poll of ${this.name}`, every: 200 });
  }

  /** Waits until rathole listens at all that server.toml offers; after that it is as if a while had passed. */
  async settle(): Promise<void> {
    await this.host.must(`cd /etc/rathole
      listens() { listening=" $(ss -H -l -t -u -n | awk '{ printf "%s ", $5 }')"
        while read -r key _ address; do
          address=\${address#?}
          case $key,$listening in bind_addr,*" \${address%?} "*) ;; bind_addr,*) return 1 ;; esac
        done <server.toml; }
      for i in $(seq 100); do listens && exec touch -d '-5 seconds' server.toml; sleep 0.15; done
      exit 1`);
  }

  /** Makes finalize_at of all that is staged be over. */
  async endGrace(): Promise<void> {
    await this.host.must(`${TAKE_LOCK}; ${GRACE_IS_OVER}`);
  }

  async records(): Promise<Standing['records']> {
    return recordsIn(await this.host.must(RECORDS));
  }

  async standing(): Promise<Standing> {
    const parts = [
      RECORDS,
      'cat /etc/rathole/server.toml',
      `cat ${STATE}/pull/desktop/client.toml`,
      `ls -A ${STATE}/fragments/server`,
      `ls -A ${STATE}/fragments/client/desktop`,
      `ls ${PENDING} 2>/dev/null || :`,
      `cat ${AUDIT} 2>/dev/null || :`,
    ];
    const [said, client] = await Promise.all([
      this.host.must(parts.map((part) => `(${part}) || exit`).join("; printf '\\0'; ")),
      this.#client.read(`/etc/rathole/home-${this.name}/client.toml`),
    ]);
    const [
      records = '',
      server = '',
      published = '',
      fragments = '',
      clientFragments = '',
      pending,
      audit = '',
    ] = said.split('\0');
    return {
      records: recordsIn(records),
      server: tokensIn(server),
      published: tokensIn(published),
      client: tokensIn(client),
      fragments: linesOf(fragments),
      clientFragments: linesOf(clientFragments),
      pending: pending !== '',
      audit: linesOf(audit).map((line) => JSON.parse(line)),
    };
  }

  /** Waits until the services answer visitors. @returns after how many seconds */
  async answers(lab: Lab, ...services: readonly ('web' | 'placed')[]): Promise<number> {
    const begun = performance.now();
    const urls = services.map((name) => `http://${this.name}.test:${SERVICES[name].bind.split(':')[1]}/`);
    const ask = ['curl', '-s', '-f', '--max-time', '2', ...urls];
    const all = async () => {
      const { stdout } = await lab.control.exec(ask);
      return linesOf(stdout).filter((line) => line === 'desktop GET /').length === urls.length;
    };
    await waitFor(all, { what: `answers of ${services.join(', ')} at ${this.name}`, every: 100 });
    return (performance.now() - begun) / 1000;
  }

  async until(
    what: string,
    condition: (records: Standing['records']) => boolean,
    timeout = 60_000,
  ): Promise<void> {
    await waitFor(async () => condition(await this.records()), { what, timeout, every: 250 });
  }
}

const linesOf = (text: string) => text.split('\n').filter((line) => line !== '');

const RECORDS = `cd ${STATE}/rotation && grep -H . ${ROTATING.map((name) => `${name}/record`).join(' ')}`;

function recordsIn(said: string): Record<string, RotationRecord> {
  return Object.fromEntries(
    linesOf(said).map((line) => {
      const [service = '', text = ''] = line.split('/record:');
      const record = parseRecord(text);
      if (record === undefined) throw new Error(`no record: ${line}`);
      return [service, record];
    }),
  );
}

function tokensIn(toml: string): Record<string, string> {
  const found = toml.matchAll(/\.services\."?([^"\]]+)"?\][^[]*?token = "([^"]+)"/g);
  return Object.fromEntries([...found].map((match) => [match[1] ?? '', match[2] ?? '']));
}
