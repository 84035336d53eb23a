import { CLIENTS, PULL } from '../../artifacts/paths.ts';
import { readClientSettings } from '../../artifacts/pull/settings.ts';
import {
  type KeyRecord,
  PULLED_FILES,
  type Published,
  type PulledFile,
  type Sighting,
} from '../../model/pull.ts';
import type { Attention, ClientKeyStatus, ClientStatus } from '../../model/status.ts';
import { formatDuration, roughDuration } from '../../spec/duration.ts';
import { sightingsOf } from '../pull/client-keys.ts';
import type { View } from '../view.ts';

/** More than so many polls without an answer is late. */
const POLLS = 3;

export interface ClientStanding {
  readonly status: ClientStatus;
  readonly attention: readonly Attention[];
  /** Whether it has had time enough to serve what is published. */
  readonly settled: boolean;
}

/** rathole connects within a second or two of its client.toml. */
const CONNECT_SECONDS = 60;

/**
 * How a client stands by what was published for it and by what nginx's log shows.
 *
 * @param pending its services that are in the middle of a rotation
 * @param managed whether an apply brings it what it cannot pull
 */
export function clientStanding(
  view: View,
  client: string,
  pending: readonly string[],
  managed: boolean,
): ClientStanding {
  const { pulls, clock } = view;
  const record = pulls.records[client];
  const settings = settingsOf(view, client);
  if (record === undefined || settings === undefined) {
    return { status: { client, state: 'absent', behind: [], pending }, attention: [], settled: false };
  }
  const { poll } = settings;
  const seen = sightingsOf(pulls.seen, client);
  const last = lastOf(seen);
  const behind = PULLED_FILES.filter((file) => !hasFetched(file, seen, pulls.published[client] ?? {}));
  // It learns of a new interval by its next poll, which the former interval gives.
  const waited = ageAt(clock, Math.max(last?.at ?? record.madeAt, settings.modified));
  const isLate = waited > POLLS * poll;
  const status: ClientStatus = {
    client,
    state: stateOf(last, behind, isLate),
    ...(last && { lastPull: { at: last.at, age: ageAt(clock, last.at) } }),
    poll,
    behind,
    pending,
    key: keyOf(record, last),
  };
  const settled = status.state === 'current' && clock - configuredAt(view, client, seen) >= CONNECT_SECONDS;
  if (!managed && last !== undefined && last.key < record.current)
    return { status, attention: [refusal(client)], settled };
  return { status, attention: isLate ? [lateness(status, waited, poll)] : [], settled };
}

export const ageAt = (now: number, then: number) => Math.max(0, Math.floor(now - then));

function settingsOf({ files }: View, client: string) {
  const file = files[`${CLIENTS}/${client}/settings`];
  const settings = readClientSettings(file?.text ?? '');
  return file === undefined || settings === undefined ? undefined : { ...settings, modified: file.modified };
}

const lastOf = (seen: readonly Sighting[]): Sighting | undefined =>
  [...seen].sort((a, b) => b.at - a.at || b.key - a.key)[0];

/** When it fetched its client.toml, or that was published. */
function configuredAt({ files }: View, client: string, seen: readonly Sighting[]): number {
  const fetched = seen.filter(({ file }) => file === 'client.toml').map(({ at }) => at);
  return Math.max(files[`${PULL}/${client}/client.toml`]?.modified ?? 0, ...fetched);
}

/**
 * Whether the log shows that the client has the present text. It asks "not modified?" only with the client.toml that
 * belongs to its sync.conf in place, so that such an answer proves both; client.toml is always fetched whole.
 */
function hasFetched(file: PulledFile, seen: readonly Sighting[], published: Published): boolean {
  return seen.some(
    (each) =>
      each.etag === published[each.file] &&
      (each.file === file || (each.file === 'sync.conf' && each.status === 304)),
  );
}

function stateOf(
  last: Sighting | undefined,
  behind: readonly string[],
  isLate: boolean,
): ClientStatus['state'] {
  if (last === undefined) return 'never';
  if (isLate) return 'late';
  return behind.length > 0 ? 'behind' : 'current';
}

function keyOf({ current, next }: KeyRecord, last: Sighting | undefined): ClientKeyStatus {
  return { current, ...(next === 0 ? {} : { next }), ...(last && { used: last.key }) };
}

/** An old key ends only after its successor was used, unless it is ended as compromised. */
function refusal(client: string): Attention {
  const message = 'is refused, for its key was replaced: install a new bundle there';
  return { rule: 'client-refused', subject: { kind: 'client', name: client }, message };
}

function lateness({ client, lastPull }: ClientStatus, waited: number, poll: number): Attention {
  const subject = { kind: 'client', name: client } as const;
  const every = `a poll is due every ${formatDuration(poll)}`;
  if (lastPull === undefined) {
    const message = `has never polled in ${roughDuration(waited)}, and ${every}: was its bundle installed?`;
    return { rule: 'client-never', subject, message };
  }
  const message = `has not polled for ${roughDuration(lastPull.age)}, and ${every}`;
  return { rule: 'client-late', subject, message };
}
