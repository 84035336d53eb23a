import type { Unseen } from '../execute/observe.ts';
import type { Plan } from '../model/plan.ts';
import type { Step } from '../model/step.ts';
import { jsonText } from './printable.ts';
import { stepTitle } from './step-title.ts';

/** Rises when a reader of an older one would misunderstand; schemas/plan.schema.json describes it. */
const FORMAT = 1;

/** A plan for programs, and the plan file that `apply` takes. Ends with a line break. */
export function planJson(plan: Plan, unseen: readonly Unseen[]): string {
  const hosts = plan.hosts.map((host) => ({ ...host, steps: host.steps.map(shownStep) }));
  const digest = hosts.length === 0 ? {} : { digest: plan.digest };
  return jsonText({ format: FORMAT, ...digest, hosts, unseen: unseen.map(shownUnseen) });
}

function shownUnseen({ host, error: { code, message, remedy } }: Unseen): object {
  return { host, status: code, message, remedy };
}

/** Hashes of what was found stay out: one over a file with a weak token would let a reader guess it. */
function shownStep(step: Step): object {
  const title = stepTitle(step);
  if (!('expect' in step)) return { title, ...step };
  const { expect, ...rest } = step;
  return { title, ...rest, expect: expect.kind === 'absent' ? 'absent' : 'unchanged' };
}
