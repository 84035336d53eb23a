import { Unquotable } from '../codec/unquotable.ts';
import type { DesiredServer } from '../model/desired.ts';
import type { Facts } from '../model/observed.ts';
import type { HostPlan, Refusal } from '../model/plan.ts';
import { type Part, part } from './part.ts';
import { type View, viewOf } from './view.ts';

/** What every host's plan has, whatever the host is. */
export type Findings = Pick<HostPlan, 'changes' | 'steps' | 'refusals' | 'notes' | 'rotations'>;

/** A host's parts, and the rotations that go with them. */
export type Conclusion = Part & Pick<HostPlan, 'rotations'>;

export const refused = (refusals: readonly Refusal[]): Conclusion => ({
  ...part({ refusals }),
  rotations: [],
});

/** What is concluded of a host that was seen as root. What cannot be known, or cannot be written, refuses it; then it has no steps. */
export function conclude(
  host: string,
  facts: Facts | undefined,
  planSeen: (view: View) => Conclusion,
): Findings {
  const { changes, steps, refusals, notes, rotations } = concludeHost(host, facts, planSeen);
  const blocked = refusals.some(({ consent }) => consent === undefined);
  return {
    changes,
    steps: blocked ? [] : steps,
    refusals: unique(refusals),
    notes: [...new Set(notes)],
    rotations,
  };
}

function concludeHost(
  host: string,
  facts: Facts | undefined,
  planSeen: (view: View) => Conclusion,
): Conclusion {
  if (facts === undefined) return refused([notObserved(host)]);
  const view = viewOf(facts);
  if (isRefused(view)) return refused(view);
  if (!view.root) return refused([notRoot(host)]);
  try {
    return planSeen(view);
  } catch (error) {
    if (error instanceof Unquotable) return refused([unquotable(error)]);
    throw error;
  }
}

export function isRefused<T extends object>(value: T | readonly Refusal[]): value is readonly Refusal[] {
  return Array.isArray(value);
}

/** A hash alone is that of a program on this machine, whatever it is for, or of the release for x86_64. */
export function programHash({ rathole }: DesiredServer, architecture: string): string | undefined {
  const { sha256, binary } = rathole;
  if (typeof sha256 !== 'string') return sha256[architecture];
  return binary !== undefined || architecture === 'x86_64' ? sha256 : undefined;
}

function notObserved(host: string): Refusal {
  return {
    rule: 'not-observed',
    message: `${host} was not observed`,
    remedy: 'Make it reachable and plan again.',
  };
}

export function notRoot(host: string): Refusal {
  const remedy = 'Log in as root, or set ansible_become and allow `sudo -n`.';
  return { rule: 'not-root', message: `${host} was not observed as root`, remedy };
}

export function noProgram({ rathole }: DesiredServer, architecture: string): Refusal {
  const message = `there is no pinned hash of rathole ${rathole.version} for ${architecture}`;
  const remedy = `Pin it in the playbook: sha256: { ${architecture}: … }, beside those of other architectures.`;
  return { rule: 'no-program', message, remedy };
}

function unquotable(error: Unquotable): Refusal {
  return { rule: 'unquotable', message: error.message, remedy: 'Use another value in the playbook.' };
}

function unique(refusals: readonly Refusal[]): readonly Refusal[] {
  return [...new Map(refusals.map((each) => [JSON.stringify(each), each])).values()];
}
