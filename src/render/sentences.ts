import type { Unseen } from '../execute/observe.ts';
import type { HostPlan, Plan, PlannedRotation, Refusal } from '../model/plan.ts';
import type { Interruption } from '../model/step.ts';

const KINDS = { 'new-connections': 'new connections', 'live-connections': 'live connections' } as const;

/** "new connections of ssh for about 0.1 s: their clients authenticate anew". */
export function interruptionSentence({ kind, services, seconds, connections, reason }: Interruption): string {
  const whose = services.length === 0 ? 'all services' : services.join(', ');
  const long = seconds === undefined ? '' : seconds === 0 ? ', for a moment' : `, for about ${seconds} s`;
  const count = kind === 'live-connections' ? ` (${connections} now)` : '';
  return `${KINDS[kind]} of ${whose}${count}${long}: ${reason}`;
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
export function rotationSentence({ service, current, next, reason }: PlannedRotation): string {
  return `${service} g${current} -> g${next}: ${reason}`;
}

/** The plan in one line; a host that could not be looked at may need anything. */
export function planSentence(plan: Plan, unseen: readonly Unseen[]): string {
  if (plan.hosts.length === 0) return 'No host could be looked at: nothing is planned.';
  const missing = unseen.length === 0 ? '' : ` ${plural(unseen.length, 'host')} could not be looked at.`;
  return `${seenSentence(plan)}${missing}`;
}

function seenSentence({ hosts }: Plan): string {
  const count = (wanted: (host: HostPlan) => boolean) => hosts.filter(wanted).length;
  const refused = count(({ refusals }) => refusals.length > 0);
  const changing = count(({ changes }) => changes.length > 0);
  const rotations = plural(
    hosts.reduce((sum, host) => sum + host.rotations.length, 0),
    'rotation',
  );
  const rotating = rotations.startsWith('0 ') ? '' : ` ${rotations}.`;
  if (refused === 0 && changing === 0) {
    const acting = count(({ steps }) => steps.length > 0);
    if (acting > 0) return `${rotations} on ${acting} of ${plural(hosts.length, 'host')}.`;
    return `Nothing to do: ${plural(hosts.length, 'host')} as declared.${rotating && ` ${rotations} on the way.`}`;
  }
  const refusal = refused === 0 ? '' : ` ${plural(refused, 'host')} refused.`;
  return `${changeCounts(hosts)} on ${changing} of ${plural(hosts.length, 'host')}.${rotating}${refusal}`;
}

export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
