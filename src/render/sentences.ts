import type { HostPlan, Plan, Refusal } from '../model/plan.ts';
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

/** The plan in one line. */
export function planSentence({ hosts }: Plan): string {
  if (hosts.length === 0) return 'No host could be looked at: nothing is planned.';
  const refused = hosts.filter(({ refusals }) => refusals.length > 0).length;
  const changing = hosts.filter(({ changes }) => changes.length > 0).length;
  if (refused === 0 && changing === 0) return `Nothing to do: ${plural(hosts.length, 'host')} as declared.`;
  const refusal = refused === 0 ? '' : ` ${plural(refused, 'host')} refused.`;
  return `${changeCounts(hosts)} on ${changing} of ${plural(hosts.length, 'host')}.${refusal}`;
}

export function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
