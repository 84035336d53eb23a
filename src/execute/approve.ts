import { ReconcileError } from '../model/errors.ts';
import type { Consent, Digest, HostPlan, Plan, Refusal } from '../model/plan.ts';

declare const approved: unique symbol;

/** A plan that may run: nothing refuses it, or each refusal is consented to. Only `approve` makes one. */
export type ApprovedPlan = Plan & { readonly [approved]: true };

/**
 * Lets a plan run.
 *
 * @throws ReconcileError `refused`, naming every refusal that lacks its consent, or the digest that differs.
 */
export function approve(plan: Plan, consents: ReadonlySet<Consent>, expected?: Digest): ApprovedPlan {
  if (expected !== undefined && expected !== plan.digest) throw different(plan.digest, expected);
  const refusals = plan.hosts.flatMap((host) => openRefusals(host, consents));
  if (refusals.length > 0) throw refused(refusals);
  return plan as ApprovedPlan;
}

interface OpenRefusal {
  readonly host: string;
  readonly refusal: Refusal;
}

function openRefusals({ host, refusals }: HostPlan, consents: ReadonlySet<Consent>): OpenRefusal[] {
  return refusals
    .filter(({ consent }) => consent === undefined || !consents.has(consent))
    .map((refusal) => ({ host, refusal }));
}

function different(digest: Digest, expected: Digest): ReconcileError {
  return new ReconcileError(
    'refused',
    `the plan is not the expected one: its digest is ${digest}, expected was ${expected}`,
    'look at the new plan, and apply it with its own digest',
  );
}

/** The plan has each one's words, and has been shown: here they are only named. */
function refused(refusals: readonly OpenRefusal[]): ReconcileError {
  const hosts = new Map<string, string[]>();
  for (const { host, refusal } of refusals) {
    const found = hosts.get(refusal.rule) ?? [];
    if (!found.includes(host)) hosts.set(refusal.rule, [...found, host]);
  }
  const named = [...hosts].map(([rule, names]) => `${names.join(', ')} [${rule}]`).join('; ');
  const consents = new Set(refusals.flatMap(({ refusal }) => refusal.consent ?? []));
  const allowing = [...consents].map((consent) => `--allow ${consent}`).join(' ');
  return new ReconcileError(
    'refused',
    `the plan is refused, as it says itself: ${named}`,
    `do what it says there${allowing && `, or allow it where that is possible: ${allowing}`}`,
  );
}
