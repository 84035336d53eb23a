import type { Unseen } from '../execute/observe.ts';
import { type HostPlan, isStuck, type Plan, type PlannedRotation, type Refusal } from '../model/plan.ts';
import type { Interruption } from '../model/step.ts';

const KINDS = { 'new-connections': 'new connections', 'live-connections': 'live connections' } as const;

/** "new connections of ssh for about 0.1 s: their clients authenticate anew". */
export function interruptionSentence({ kind, services, seconds, connections, reason }: Interruption): string {
  const whose = services.length === 0 ? 'all services' : services.join(', ');
  const long = seconds === undefined ? '' : seconds === 0 ? ', for a moment' : `, for about ${seconds} s`;
  const count = kind === 'live-connections' ? ` (${connections} now)` : '';
  return `${KINDS[kind]} of ${whose}${count}${long}: ${reason}`;
}

/** What a host is in its plan: `tunnel home`, or `client of home-edge`. */
export function roleSentence({ tunnel, joins }: HostPlan): string {
  if (tunnel !== undefined) return `tunnel ${tunnel}`;
  return joins.length === 0 ? 'client' : `client of ${joins.map(({ name }) => name).join(', ')}`;
}

export function remedySentence({ remedy, consent }: Refusal): string {
  return consent === undefined ? remedy : `${remedy} Or allow it: --allow ${consent}`;
}

export function changeCounts(hosts: readonly HostPlan[]): string {
  const count = (kind: string) =>
    hosts.reduce((sum, { changes }) => sum + changes.filter((change) => change.kind === kind).length, 0);
  return `${count('create')} to create, ${count('update')} to change, ${count('delete')} to delete`;
}

/** `ssh g1 -> g2: verified: the client is connected with the new token`. */
export function rotationSentence(rotation: PlannedRotation): string {
  const { service, current, next, verdict, reason } = rotation;
  const held = verdict === 'hold' ? 'held: ' : '';
  return `${service} g${current} -> g${next}: ${held}${reason}`;
}

/** The plan in one line; a host that could not be looked at may need anything. */
export function planSentence(plan: Plan, unseen: readonly Unseen[]): string {
  if (plan.hosts.length === 0) return 'No host could be looked at: nothing is planned.';
  const missing = unseen.length === 0 ? '' : ` ${plural(unseen.length, 'host')} could not be looked at.`;
  return `${seenSentence(plan)}${missing}`;
}

function seenSentence({ hosts, order }: Plan): string {
  const count = (wanted: (host: HostPlan) => boolean) => hosts.filter(wanted).length;
  const refused = count(({ refusals }) => refusals.length > 0);
  const changing = count(({ changes }) => changes.length > 0);
  const all = hosts.flatMap(({ rotations }) => rotations);
  // An order's plan says of each what will come of it; whatever it is, the host is asked.
  const stuck = order === undefined ? all.filter(isStuck).length : 0;
  const rotations = plural(all.length - stuck, 'rotation');
  const attention = stuck === 0 ? '' : ` ${plural(stuck, 'rotation')} to look at.`;
  const isRotating = all.length > stuck;
  const whole = plural(hosts.length, 'host');
  if (refused === 0 && changing === 0) {
    const acting = count(({ steps }) => steps.length > 0);
    if (acting > 0) return `${rotations} on ${acting} of ${whole}.${attention}`;
    const nothing = order === undefined ? `${whole} as declared` : `${NOTHING_TO[order]} on ${whole}`;
    return `Nothing to do: ${nothing}.${isRotating ? ` ${rotations} on the way.` : ''}${attention}`;
  }
  const refusal = refused === 0 ? '' : ` ${plural(refused, 'host')} refused.`;
  return `${changeCounts(hosts)} on ${changing} of ${whole}.${isRotating ? ` ${rotations}.` : ''}${attention}${refusal}`;
}

/** Why an order finds nothing to do; of drift it knows nothing. */
const NOTHING_TO: Readonly<Record<NonNullable<Plan['order']>, string>> = {
  rotate: 'nothing is served that could be rotated',
  finalize: 'nothing is staged',
  cancel: 'nothing is staged',
  compromised: 'no token is in use',
  restore: 'nothing that the backup has is gone',
};

export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
