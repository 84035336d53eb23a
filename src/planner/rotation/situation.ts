import type { RotationPolicy } from '../../model/desired.ts';
import type { Listener } from '../../model/observed.ts';
import { SETTLE_SECONDS } from '../../model/rotation/operations.ts';
import type { Asked, ServiceObservation, Situation, SlotAddress } from '../../model/rotation.ts';

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
 * Who listens at a slot. Only rathole-server's main process, at exactly this address and alone, is `ours`: a listener on
 * all addresses takes the slot but proves nothing, whoever owns it; nor does one that is bound to a device, or an IPv6
 * one for an IPv4 address. Of several listeners the worst counts.
 */
export function readSlot(listeners: readonly Listener[], slot: SlotAddress, ratholePid: number): SlotReading {
  const readings = listeners
    .filter(({ protocol, port }) => protocol === slot.protocol && port === slot.port)
    .map((listener) => readListener(listener, slot.address, ratholePid));
  return (['foreign', 'unseen', 'ours'] as const).find((reading) => readings.includes(reading)) ?? 'free';
}

function readListener(
  { address, device, processes }: Listener,
  slot: string,
  ratholePid: number,
): SlotReading {
  const where = address.replace(/%.*/, '').replaceAll(/[[\]]/g, '').replace(/^\*$/, '::');
  const mapped = where.replace(/^::ffff:/i, '');
  if (mapped !== slot && where !== '0.0.0.0' && where !== '::') return 'free';
  if (where !== slot || device !== undefined || address.includes('%')) return 'foreign';
  if (processes.length === 0) return 'unseen';
  return processes.every(({ pid }) => pid === ratholePid) ? 'ours' : 'foreign';
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
