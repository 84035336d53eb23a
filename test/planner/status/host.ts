import type { DesiredServer } from '../../../src/model/desired.ts';
import type { Facts, Listener } from '../../../src/model/observed.ts';
import type { ObservedPulls, Sighting } from '../../../src/model/pull.ts';
import { present } from '../../../src/model/reading.ts';
import type { RotationRecord } from '../../../src/model/rotation.ts';
import type { HostStatus } from '../../../src/model/status.ts';
import { status } from '../../../src/planner/status/index.ts';
import { desired, SSH, server } from '../desired.ts';
import { listener, readValue, withFile } from '../facts.ts';
import { settled } from '../settled.ts';

export const NOW = 1_000_000;
export const POLL = 300;
export const DAY = 86_400;
const RATHOLE = 700;

/** One service, of one client. */
export const WANTED = server({ services: [SSH], rotation: { ...server().rotation, maxAge: 7 * DAY } });

/** ETags of what `host` publishes for its client. */
export const ETAGS = { 'sync.conf': 'aaaa-10', 'client.toml': 'aaaa-20' } as const;

export const STEADY: RotationRecord = {
  phase: 'steady',
  current: 1,
  next: 0,
  highest: 1,
  stagedAt: 0,
  finalizeAt: 0,
  rotatedAt: NOW - DAY,
};

const applied = settled(WANTED);

/** What is told of the client. */
export interface Told {
  readonly seen?: readonly Partial<Sighting>[];
  readonly record?: ObservedPulls['records'][string] | undefined;
  /** When its settings and its client.toml were written. */
  readonly told?: number;
}

/** The client has all since long ago, unless something else is told. */
export const POLLED: readonly Partial<Sighting>[] = [{ file: 'sync.conf', status: 304, at: NOW - 10 }];

function sighting(change: Partial<Sighting>): Sighting {
  const file = change.file ?? 'sync.conf';
  return { client: 'desktop', key: 1, status: 200, etag: ETAGS[file], at: NOW - 10, ...change, file };
}

export function withClient(facts: Facts, { seen = POLLED, told = 100, ...rest }: Told): Facts {
  const pulls = readValue(facts.pulls);
  const record =
    'record' in rest ? rest.record : ({ phase: 'steady', current: 1, next: 0, madeAt: 100 } as const);
  const paths = ['clients/desktop/settings', 'pull/desktop/client.toml'];
  const dated = paths.reduce(
    (found, path) => withFile(found, `/var/lib/reconcile/${path}`, { modified: told }),
    facts,
  );
  return {
    ...dated,
    pulls: present({
      ...pulls,
      records: record === undefined ? {} : { desktop: record },
      published: { desktop: ETAGS },
      seen: seen.map(sighting),
    }),
  };
}

/** Which slots rathole listens on, by generation. */
export function withListeners(facts: Facts, generations: readonly number[], pid = RATHOLE): Facts {
  const slots = generations.map(
    (generation): Listener =>
      listener('tcp', generation % 2 === 0 ? '127.77.8.174' : '127.78.8.174', 1019, 'rathole', pid),
  );
  const others = readValue(facts.listeners).filter(({ port }) => port !== 1019);
  return { ...facts, listeners: present([...others, ...slots]) };
}

export function withRecord(facts: Facts, record: RotationRecord | undefined): Facts {
  return { ...facts, rotations: present(record === undefined ? {} : { ssh: record }) };
}

/** All is well here. */
export const WELL: Facts = withListeners(
  withRecord(withClient({ ...applied, clock: present(NOW) }, {}), STEADY),
  [1],
);

export function statusOf(facts: Facts, wanted: DesiredServer = WANTED): HostStatus {
  const [host] = status(desired(wanted), [{ host: 'vps1', facts }]).hosts;
  if (host === undefined) throw new Error('nothing can be said of the host');
  return host;
}

export const rulesOf = ({ attention }: HostStatus): readonly string[] => attention.map(({ rule }) => rule);
