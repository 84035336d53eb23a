import { clientFragments, HEAD, keyPath, PULL } from '../../src/artifacts/paths.ts';
import { keyMap } from '../../src/artifacts/pull/key-map.ts';
import { TRAILER } from '../../src/artifacts/pull/seal.ts';
import { readClientSettings } from '../../src/artifacts/pull/settings.ts';
import { syncHead } from '../../src/artifacts/pull/sync-conf.ts';
import type { ObservedFile } from '../../src/model/observed.ts';
import type { KeyPhase, KeyRecord, ObservedPulls } from '../../src/model/pull.ts';
import type { KeyState, Step } from '../../src/model/step.ts';
import { sha256 } from '../../src/planner/files.ts';

type Files = Readonly<Record<string, ObservedFile>>;
type StepOf<K extends Step['kind']> = Extract<Step, { kind: K }>;

const SERVED: Readonly<Record<KeyPhase, (state: KeyState) => readonly number[]>> = {
  steady: ({ current }) => [current],
  announcing: ({ current, next }) => [current, next],
  announced: ({ current, next }) => [current, next],
  retiring: ({ next }) => [next],
  replacing: ({ next }) => [next],
};

/** What the host's own functions do for clients, in memory. */
export class SimulatedPulls {
  #pulls: ObservedPulls;
  readonly #mint: () => string;

  constructor(pulls: ObservedPulls, mint: () => string) {
    this.#pulls = pulls;
    this.#mint = mint;
  }

  get pulls(): ObservedPulls {
    return this.#pulls;
  }

  /** What is gone from the files is gone from here too. */
  forget(files: Files): void {
    const { records, keys, published } = this.#pulls;
    const kept = <T>(some: Readonly<Record<string, T>>, path: (client: string) => string) =>
      Object.fromEntries(Object.entries(some).filter(([client]) => files[path(client)] !== undefined));
    this.#pulls = {
      ...this.#pulls,
      records: kept(records, (client) => `/var/lib/reconcile/clients/${client}/key`),
      keys: keys.filter(({ client, number }) => files[keyPath(client, number)] !== undefined),
      published: kept(published, (client) => `${PULL}/${client}/sync.conf`),
    };
  }

  makeKey({ client, number }: StepOf<'make-key'>): void {
    if (this.#pulls.keys.some((key) => key.client === client && key.number === number)) return;
    const key = { client, number, fingerprint: this.#mint() };
    this.#pulls = { ...this.#pulls, keys: [...this.#pulls.keys, key] };
  }

  recordKey({ client, found, phase, current, next }: StepOf<'record-key'>, files: Files): string {
    const was = this.#pulls.records[client];
    const words = ({ phase: word, current: one, next: two }: KeyState) => `${word} ${one} ${two}`;
    if ((was && words(was)) !== (found && words(found)))
      throw new Error(`the record of ${client} is another`);
    const made = files[keyPath(client, current)];
    if (made === undefined) throw new Error(`there is no key ${current} of ${client}`);
    const record: KeyRecord = { phase, current, next, madeAt: made.modified };
    this.#pulls = { ...this.#pulls, records: { ...this.#pulls.records, [client]: record } };
    return `${words(record)} ${record.madeAt}\n`;
  }

  keyMap(): string {
    const served = Object.entries(this.#pulls.records)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([client, record]) => SERVED[record.phase](record).map((number) => ({ client, number })));
    return keyMap(served).replaceAll(/\{\{key (\S+) k(\d+)\}\}/g, (_, client: string, number: string) =>
      this.#fingerprint(client, Number(number)),
    );
  }

  /** The three files, by name. */
  published(client: string, files: Files, time: number): Readonly<Record<string, string>> {
    const folder = clientFragments(client);
    const fragments = Object.keys(files)
      .filter((path) => path.startsWith(`${folder}/50-`))
      .sort();
    const toml = [`${folder}/${HEAD}`, ...fragments].map((path) => textAt(files, path)).join('');
    const settings = readClientSettings(textAt(files, `/var/lib/reconcile/clients/${client}/settings`));
    if (settings === undefined) throw new Error(`${client} has no settings`);
    const record = this.#pulls.records[client];
    const told = record?.phase === 'announced' || record?.phase === 'announcing';
    const sync = [
      syncHead(settings),
      `client_toml = ${sha256(toml)}\n`,
      ...(told ? [`key = ${this.#fingerprint(client, record.next)}\n`] : []),
    ].join('');
    const stamp = Math.floor(time).toString(16);
    const etag = `${stamp}-${sync.length.toString(16)}`;
    this.#pulls = {
      ...this.#pulls,
      published: {
        ...this.#pulls.published,
        [client]: { 'sync.conf': etag, 'client.toml': `${stamp}-${toml.length.toString(16)}` },
      },
    };
    const before = files[`${PULL}/${client}/config`]?.text;
    return {
      'client.toml': sealed(toml),
      config: before?.includes('tokens') ? before : '{"status":"no_pending_rotation"}\n',
      'sync.conf': sealed(sync),
    };
  }

  #fingerprint(client: string, number: number): string {
    const key = this.#pulls.keys.find((each) => each.client === client && each.number === number);
    if (key === undefined) throw new Error(`there is no key ${number} of ${client}`);
    return `{{fingerprint ${key.fingerprint}}}`;
  }
}

const sealed = (text: string) => `${text}${TRAILER} ${sha256(text)}\n`;

function textAt(files: Files, path: string): string {
  const text = files[path]?.text;
  if (text === undefined) throw new Error(`${path} is absent`);
  return text;
}
