import { createHash } from 'node:crypto';
import { maskSecrets } from '../codec/placeholder.ts';
import type { Facts } from '../model/observed.ts';
import type { Digest, HostPlan } from '../model/plan.ts';
import type { Expectation, Step } from '../model/step.ts';

/**
 * The digest of a plan: its hosts, ordered steps with their texts, refusals' rules and what was found at the paths
 * that it touches. Figures of a forecast change from minute to minute and are left out.
 *
 * A file that holds tokens is told by its text without them: a hash of the true content in a pull request would let
 * everybody guess a weak token. What is due by age or by what was seen is due at another hour too: it is left out.
 */
export function digestOf(hosts: readonly HostPlan[], factsOf: (host: string) => Facts | undefined): Digest {
  const content = hosts.map(({ host, tunnel, joins, steps, refusals }) => ({
    host,
    tunnel,
    joins,
    refusals: refusals.map(({ rule, consent }) => [rule, consent ?? '']),
    steps: steps.filter(({ due }) => due !== true).map((step) => stepContent(step, factsOf(host))),
  }));
  return createHash('sha256').update(JSON.stringify(content)).digest('hex');
}

function stepContent(step: Step, facts: Facts | undefined): readonly unknown[] {
  const { interrupts, ...action } = step;
  const forecast = interrupts === undefined ? [] : [interrupts.kind, ...interrupts.services];
  const expected = 'expect' in action ? { expect: foundAt(action.path, action.expect, facts) } : {};
  return [...Object.entries({ ...action, ...expected }).sort(([a], [b]) => (a < b ? -1 : 1)), forecast];
}

function foundAt(path: string, expect: Expectation, facts: Facts | undefined): string {
  if (expect.kind === 'absent') return 'absent';
  const text = facts?.files.kind === 'present' ? facts.files.value[path]?.text : undefined;
  const masked = text === undefined ? undefined : maskSecrets(text);
  if (masked === undefined || masked === text) return expect.sha256;
  return createHash('sha256').update(masked).digest('hex');
}
