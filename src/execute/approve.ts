import { ReconcileError } from '../model/errors.ts';
import type { Consent, Digest, HostPlan, Plan, Refusal } from '../model/plan.ts';

declare const approved: unique symbol;

/** A plan that may run: nothing refuses it, or each refusal is consented to. Only `approve` makes one. */
export type ApprovedPlan = Plan & { readonly [approved]: true };

/**
 * Lets a plan run.
 *
 * @throws ReconcileError `refused`, listing every refusal that lacks its consent, or the digest that differs.
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

function refused(refusals: readonly OpenRefusal[]): ReconcileError {
  const lines = refusals.map(({ host, refusal }) => {
    const way =
      refusal.consent === undefined ? refusal.remedy : `${refusal.remedy}, or --allow ${refusal.consent}`;
    return `${host}: ${refusal.message} [${refusal.rule}]\n    ${way}`;
  });
  return new ReconcileError(
    'refused',
    `the plan is refused:\n  ${lines.join('\n  ')}`,
    refusals.some(({ refusal }) => refusal.consent !== undefined)
      ? 'mend what is named, or give the consents that are named'
      : 'mend what is named',
  );
}
