import type { RotationPolicy } from '../../model/desired.ts';
import type { Listener } from '../../model/observed.ts';
import type { Asked, ServiceObservation, Situation, SlotAddress } from '../../model/rotation.ts';

/**
 * Seconds for which server.toml must have stood unchanged before a listener counts. rathole loads a file within
 * tens of milliseconds; until then a listener may belong to a generation that the file no longer has.
 */
export const SETTLE_SECONDS = 2;

/** Brings what was observed of a service, its policy and a wish down to the table's facts. */
export function situationOf(seen: ServiceObservation, policy: RotationPolicy, asked: Asked): Situation {
  const { record } = seen;
  const { order, now } = asked;
  return {
    cutover: policy.cutover,
    phase: record.phase,
    order,
    age: ageOf(record.rotatedAt, policy, now),
    room: asked.othersInMotion < policy.atMost ? 'room' : 'full',
    target: targetOf(seen),
    serving: servingOf(readSlot(seen.listeners, seen.currentAddress, seen.ratholePid)),
    file: now - seen.serverFileAt >= SETTLE_SECONDS ? 'settled' : 'young',
    deadline: now >= record.finalizeAt ? 'passed' : 'ahead',
    finalize: policy.finalize,
    stragglers: policy.stragglers,
    told: seen.told ? 'yes' : 'no',
    view: seen.leftover ? 'leftover' : 'tidy',
  };
}

/** `since`: when the secret was made, by the host's clock; undefined: unknown. */
export function ageOf(
  since: number | undefined,
  policy: Pick<RotationPolicy, 'maxAge' | 'warnBefore'>,
  now: number,
): Situation['age'] {
  if (policy.maxAge === undefined) return 'unmanaged';
  if (since === undefined) return 'unknown';
  const age = now - since;
  if (age >= policy.maxAge) return 'overdue';
  return age >= policy.maxAge - policy.warnBefore ? 'expiring' : 'fresh';
}

export type SlotReading = 'free' | 'ours' | 'foreign' | 'unseen';

/**
 * Who listens at a slot. Only rathole-server's main process, at exactly this address and alone, is `ours`: a wildcard
 * listener on the port takes the slot but proves nothing, whoever owns it.
 */
export function readSlot(listeners: readonly Listener[], slot: SlotAddress, ratholePid: number): SlotReading {
  const there = listeners.filter(
    ({ protocol, address, port }) =>
      protocol === slot.protocol && port === slot.port && (address === slot.address || isWildcard(address)),
  );
  if (there.length === 0) return 'free';
  if (there.some(({ address }) => address !== slot.address)) return 'foreign';
  const owners = there.flatMap(({ processes }) => processes.map(({ pid }) => pid));
  if (owners.length === 0) return 'unseen';
  return owners.every((pid) => pid === ratholePid) ? 'ours' : 'foreign';
}

/** As `ss` writes "any address"; an IPv6 one takes the port on IPv4 too. An interface may be appended. */
function isWildcard(address: string): boolean {
  return ['*', '0.0.0.0', '::', '[::]'].includes(address.replace(/%.*/, ''));
}

function targetOf(seen: ServiceObservation): Situation['target'] {
  const reading = readSlot(seen.listeners, seen.nextAddress, seen.ratholePid);
  if (reading !== 'ours') return reading;
  return seen.probes.next === 'silent' && seen.probes.current === 'answered' ? 'worse' : 'proven';
}

/** A foreign listener on the current slot serves none of our clients, and so protects nobody. */
function servingOf(reading: SlotReading): Situation['serving'] {
  if (reading === 'unseen') return 'unseen';
  return reading === 'ours' ? 'listening' : 'silent';
}
