import { keyPath, NGINX_UNIT, SERVER_UNIT, SERVER_UNIT_FILE } from '../../src/artifacts/paths.ts';
import { SYSCTL_VALUES } from '../../src/artifacts/sysctls.ts';
import { NGINX_GROUP, secretsOf } from '../../src/codec/placeholder.ts';
import { parseRecord, recordText } from '../../src/codec/record.ts';
import { parseServerFile } from '../../src/codec/server-toml.ts';
import type { Facts, Listener, ObservedFile, ObservedUnit } from '../../src/model/observed.ts';
import { absent, present } from '../../src/model/reading.ts';
import type { Listening, Ownership, Step } from '../../src/model/step.ts';
import { sha256 } from '../../src/planner/files.ts';
import { listener, readValue } from './facts.ts';
import { SimulatedPulls } from './simulated-pulls.ts';

const SECRET_FILE = { owner: 'root', group: 'root', mode: '0600' } as const;
const FOLDER_LIKE = { owner: 'root', group: 'root', mode: '0755' } as const;
const SERVER_PID = 700;
const NGINX_PID = 800;

type Handlers = { readonly [K in Step['kind']]: (step: Extract<Step, { kind: K }>) => void };
type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** A host in memory that does what steps say, strictly: it throws where the real one would fail. */
class Simulator {
  readonly #seed: string;
  readonly #facts: Facts;
  readonly #files: Record<string, ObservedFile>;
  readonly #units: Record<string, ObservedUnit>;
  readonly #tokens = new Map<string, string>();
  #listeners: readonly Listener[];
  #sysctls: Readonly<Record<string, string>>;
  #more: Partial<Mutable<Facts>> = {};
  #clock: number;
  #minted = 0;
  /** Units that systemd has not been told of yet. */
  readonly #enabled: string[] = [];
  readonly #pulls: SimulatedPulls;

  constructor(facts: Facts, seed: string) {
    this.#seed = seed;
    this.#facts = facts;
    this.#files = { ...readValue(facts.files) };
    this.#units = { ...readValue(facts.units) };
    this.#listeners = readValue(facts.listeners);
    this.#sysctls = readValue(facts.sysctls);
    this.#clock = readValue(facts.clock);
    this.#pulls = new SimulatedPulls(readValue(facts.pulls), () => this.#fresh());
  }

  facts(): Facts {
    return {
      ...this.#facts,
      ...this.#more,
      rotations: this.#records(),
      files: present(this.#files),
      units: present(this.#units),
      listeners: present(this.#listeners),
      sysctls: present(this.#sysctls),
      clock: present(this.#clock + 60),
      pulls: present(this.#pulls.pulls),
    };
  }

  /** As the fact reads them. */
  #records(): Facts['rotations'] {
    if (this.#files['/var/lib/reconcile/rotation'] === undefined) return absent;
    const records = Object.entries(this.#files).flatMap(([path, { text = '' }]) => {
      const [, service] = /^\/var\/lib\/reconcile\/rotation\/([^/]+)\/record$/.exec(path) ?? [];
      const record = parseRecord(text.trimEnd());
      if (service !== undefined && record === undefined) throw new Error(`${path} is no record`);
      return service === undefined || record === undefined ? [] : [[service, record] as const];
    });
    return present(Object.fromEntries(records));
  }

  do(step: Step): void {
    this.#clock += 1;
    // The table has each kind's own handler, which the compiler cannot follow through the index.
    const handle = this.#handlers[step.kind] as (step: Step) => void;
    handle(step);
    this.#pulls.forget(this.#files);
  }

  readonly #handlers: Handlers = {
    'install-packages': () => this.#installNginx(),
    'create-user': () => {
      this.#more.users = present({ rathole: true, nginx: { user: 'www-data', group: 'www-data' } });
    },
    'make-directory': (step) => this.#put(step.path, { ...this.#owned(step), type: 'directory' }),
    'install-program': ({ path, sha256: hash }) =>
      this.#put(path, { ...this.#owned(FOLDER_LIKE), type: 'file', sha256: hash }),
    'write-file': (step) => {
      this.#expect(step.path, step.expect);
      this.#write(step.path, this.#filled(step.text), step);
    },
    'set-ownership': (step) => this.#put(step.path, { ...this.#at(step.path), ...this.#ownership(step) }),
    'make-link': ({ path, target }) => {
      this.#at(target);
      this.#put(path, { ...this.#owned(FOLDER_LIKE), type: 'symlink', target });
    },
    'remove-file': ({ path, expect }) => {
      this.#expect(path, expect);
      delete this.#files[path];
    },
    'make-salt': ({ path }) => this.#write(path, 'salt', { owner: 'root', group: 'root', mode: '0600' }),
    'make-token': ({ service, generation }) => this.#mint(`${service} g${generation}`),
    'keep-token': (step) => this.#keepToken(step),
    'make-key': (step) => {
      const path = keyPath(step.client, step.number);
      if (this.#files[path] === undefined) this.#write(path, path, SECRET_FILE);
      this.#pulls.makeKey(step);
    },
    'record-key': (step) => {
      const text = this.#pulls.recordKey(step, this.#files);
      this.#write(`/var/lib/reconcile/clients/${step.client}/key`, text, SECRET_FILE);
    },
    'audit-key': () => undefined,
    'audit-secret': () => undefined,
    'write-key-map': ({ path }) => this.#write(path, this.#pulls.keyMap(), SECRET_FILE),
    publish: ({ client }) => {
      const ownership = { owner: 'root', group: 'www-data', mode: '0640' };
      for (const [name, text] of Object.entries(this.#pulls.published(client, this.#files, this.#clock))) {
        const path = `/var/lib/reconcile/pull/${client}/${name}`;
        if (this.#files[path]?.text !== text) this.#write(path, text, ownership);
        else this.#put(path, { ...this.#at(path), ...ownership });
      }
    },
    'remove-folder': ({ path }) => {
      this.#at(path);
      for (const each of Object.keys(this.#files)) {
        if (each === path || each.startsWith(`${path}/`)) delete this.#files[each];
      }
    },
    'cut-connections': ({ address, port }) => {
      const at = (each: Listener) => each.address === address && each.port === port;
      if (this.#listeners.some((each) => at(each) && each.protocol === 'tcp'))
        throw new Error(`something still listens on ${port}`);
    },
    enroll: ({ generation, highest, made, path, expect }) => {
      this.#expect(path, expect);
      const rotatedAt = made ? Math.floor(this.#clock) : undefined;
      const none = { next: 0, stagedAt: 0, finalizeAt: 0 };
      const record = { phase: 'steady', current: generation, highest, rotatedAt, ...none } as const;
      this.#write(path, recordText(record), { owner: 'root', group: 'root', mode: '0600' });
    },
    rotate: () => {
      throw new Error("what the host's program does is no part of a plan's steps");
    },
    'make-authority': ({ directory, days }) => this.#certify(directory, ['ca.pem', 'ca.key'], days, []),
    'make-certificate': ({ directory, days, names }) =>
      this.#certify(directory, ['leaf.pem', 'leaf.key'], days, names),
    assemble: (step) => {
      this.#expect(step.path, step.expect);
      this.#write(step.path, step.fragments.map((path) => this.#at(path).text ?? '').join(''), step);
    },
    backup: ({ path }) => {
      this.#at(path);
    },
    'apply-sysctls': () => {
      this.#sysctls = { ...this.#sysctls, ...SYSCTL_VALUES };
    },
    'reload-systemd': () => {
      for (const unit of this.#enabled.splice(0)) this.#unit(unit, { enabled: 'enabled' });
      for (const name of Object.keys(this.#units)) this.#unit(name, { needDaemonReload: false });
    },
    'enable-unit': ({ unit }) => {
      this.#enabled.push(unit);
    },
    'disable-unit': ({ unit }) => this.#unit(unit, { enabled: 'disabled' }),
    'start-unit': ({ unit, listens }) => this.#start(unit, listens),
    'restart-unit': ({ unit, listens }) => this.#start(unit, listens),
    poll: ({ server }) => {
      const folder = `/etc/rathole/${server}`;
      for (const name of ['key', 'sync.conf']) this.#at(`${folder}/${name}`);
      const ownership = { owner: 'root', group: 'rathole', mode: '0640' };
      if (this.#files[`${folder}/client.toml`] === undefined) {
        this.#write(`${folder}/client.toml`, 'pulled\n', ownership);
      }
    },
    'check-nginx': () => {
      this.#at('/etc/nginx/conf.d/reconcile.conf');
    },
    'reload-nginx': ({ listens }) => this.#start(NGINX_UNIT, listens),
  };

  #mint(name: string): void {
    this.#tokens.set(name, this.#fresh());
  }

  #fresh(): string {
    this.#minted += 1;
    return sha256(`${this.#seed} ${this.#minted}`).slice(0, 8);
  }

  #installNginx(): void {
    this.#more.missingPrograms = present([]);
    this.#startNginx();
    this.#unit(NGINX_UNIT, { enabled: 'enabled', active: 'active', mainPid: NGINX_PID });
  }

  #startNginx(): void {
    this.#more.nginx = present({
      version: '1.22.1',
      stream: true,
      configError: '',
      streamBlocks: this.#files['/etc/nginx/modules-enabled/90-reconcile-stream.conf']
        ? ['/etc/nginx/modules-enabled/90-reconcile-stream.conf']
        : [],
      includes: {
        main: ['/etc/nginx/modules-enabled/*.conf'],
        http: ['/etc/nginx/mime.types', '/etc/nginx/conf.d/*.conf', '/etc/nginx/sites-enabled/*'],
      },
      workerProcesses: 2,
      workerConnections: 768,
      openFiles: 1024,
      openFilesAtMost: 524_288,
      workersStarted: this.#clock,
      reloadErrors: [],
    });
  }

  #start(name: string, listens: readonly Listening[]): void {
    if (name !== SERVER_UNIT && name !== NGINX_UNIT) {
      const [, template = name, instance = ''] = /^(.+@)(.+)(?=\.\w+$)/.exec(name) ?? [];
      this.#at(`/etc/systemd/system/${name.replace(`@${instance}.`, '@.')}`);
      const isRathole = template === 'rathole-client@' && name.endsWith('.service');
      const link = isRathole ? this.#at(`/etc/rathole/${instance}/rathole`) : undefined;
      this.#unit(name, { active: 'active', activeSince: this.#clock, executable: link?.target ?? '' });
      return;
    }
    const server = name === SERVER_UNIT;
    const [process, pid] = server ? (['rathole', SERVER_PID] as const) : (['nginx', NGINX_PID] as const);
    const executable = server ? this.#programOfUnit() : '/usr/sbin/nginx';
    this.#unit(name, { active: 'active', mainPid: pid, executable, activeSince: this.#clock });
    if (!server) this.#startNginx();
    const others = this.#listeners.filter((each) => each.processes.every((owner) => owner.pid !== pid));
    this.#listeners = [
      ...others,
      ...listens.map((each) => listener(each.protocol, each.address, each.port, process, pid)),
    ];
  }

  #programOfUnit(): string {
    return /^ExecStart=(\S+)/m.exec(this.#at(SERVER_UNIT_FILE).text ?? '')?.[1] ?? '';
  }

  #unit(name: string, change: Partial<ObservedUnit>): void {
    const fresh = {
      load: 'loaded',
      active: 'inactive',
      sub: '',
      enabled: 'disabled',
      needDaemonReload: false,
    };
    const nothing = { dropIns: [], mainPid: 0, executable: '', activeSince: 0 };
    this.#units[name] = { ...fresh, ...nothing, ...this.#units[name], ...change };
  }

  #keepToken({ service, generation, path, ratholeName }: Extract<Step, { kind: 'keep-token' }>): void {
    const file = parseServerFile(this.#at(path).text ?? '');
    const table = 'error' in file ? undefined : file.services.find(({ name }) => name === ratholeName);
    const token = secretsOf(table?.token ?? '')[0];
    if (token === undefined) throw new Error(`${path} has no token of ${ratholeName}`);
    this.#tokens.set(`${service} g${generation}`, token);
  }

  #filled(text: string): string {
    return text
      .replaceAll(NGINX_GROUP, 'www-data')
      .replaceAll(/\{\{token ([^}]+)\}\}/g, (_, name: string) => {
        const token = this.#tokens.get(name);
        if (token === undefined) throw new Error(`no step brought the token ${name}`);
        return `{{fingerprint ${token}}}`;
      });
  }

  #certify(directory: string, names: readonly string[], days: number, domains: readonly string[]): void {
    for (const name of names) {
      this.#write(`${directory}/${name}`, `${name} ${this.#clock}`, {
        owner: 'root',
        group: 'root',
        mode: '0600',
      });
    }
    const path = `${directory}/${names[0]}`;
    const known = readValue(this.#more.certificates ?? this.#facts.certificates);
    const expires = this.#clock + days * 86_400;
    this.#more.certificates = present({ ...known, [path]: { expires, names: domains } });
  }

  #write(path: string, text: string, ownership: Ownership): void {
    this.#put(path, { ...this.#owned(ownership), type: 'file', text, sha256: sha256(text) });
  }

  #put(path: string, file: ObservedFile): void {
    const parent = path.slice(0, path.lastIndexOf('/'));
    const ours =
      /^\/(etc\/rathole|var\/lib\/reconcile|usr\/local\/lib\/reconcile|etc\/nginx\/reconcile)\//.test(path);
    if (ours && this.#files[parent]?.type !== 'directory')
      throw new Error(`${parent} is not there for ${path}`);
    this.#files[path] = file;
  }

  #owned(ownership: Ownership): Ownership & { readonly modified: number } {
    return { ...this.#ownership(ownership), modified: this.#clock };
  }

  #ownership({ owner, group, mode }: Ownership): Ownership {
    return { owner, group: group === NGINX_GROUP ? 'www-data' : group, mode };
  }

  #at(path: string): ObservedFile {
    const found = this.#files[path];
    if (found === undefined) throw new Error(`${path} is absent`);
    return found;
  }

  #expect(path: string, expected: Extract<Step, { kind: 'write-file' }>['expect']): void {
    const found = this.#files[path]?.sha256;
    const wanted = expected.kind === 'absent' ? undefined : expected.sha256;
    if (found !== wanted) throw new Error(`${path} is not what was planned on`);
  }
}

/** What would be observed on the host once the steps are done; another seed makes other tokens. */
export function simulate(facts: Facts, steps: readonly Step[], seed = 'seed'): Facts {
  const host = new Simulator(facts, `${seed} ${JSON.stringify(facts.clock)}`);
  for (const step of steps) host.do(step);
  return host.facts();
}
