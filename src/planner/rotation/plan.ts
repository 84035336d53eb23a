import type { RotationPolicy } from '../../model/desired.ts';
import { decide } from '../../model/rotation/table.ts';
import type { Action, Decision, Order, ServiceObservation, Verdict } from '../../model/rotation.ts';
import { ACTIONS } from '../../model/rotation.ts';
import { inMotion } from './record.ts';
import { situationOf } from './situation.ts';

export interface RotatedService {
  readonly name: string;
  readonly seen: ServiceObservation;
  readonly policy: RotationPolicy;
  readonly order: Order;
}

/**
 * Decides for all services of one host, which share `at_most`: those in motion first, then the oldest token first
 * (an unknown age is the oldest). `now` is the host's time. Answers in that order.
 */
export function planRotations(
  services: readonly RotatedService[],
  now: number,
): readonly { readonly name: string; readonly decision: Decision }[] {
  const moving = new Set(services.filter(({ seen }) => inMotion(seen.record)).map(({ name }) => name));
  return [...services].sort(byUrgency).map(({ name, seen, policy, order }) => {
    const othersInMotion = moving.size - (moving.has(name) ? 1 : 0);
    const decision = decide(situationOf(seen, policy, { order, now, othersInMotion }));
    if (decision.verdict === 'stage') moving.add(name);
    return { name, decision };
  });
}

/** Whether a verdict is something to do; all others only say why nothing is done. */
export const isAction = (verdict: Verdict): verdict is Action =>
  (ACTIONS as readonly string[]).includes(verdict);

function byUrgency(a: RotatedService, b: RotatedService): number {
  const motion = Number(inMotion(b.seen.record)) - Number(inMotion(a.seen.record));
  const age = (a.seen.record.rotatedAt ?? 0) - (b.seen.record.rotatedAt ?? 0);
  return motion || age || (a.name < b.name ? -1 : 1);
}
