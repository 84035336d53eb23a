import type { Change } from '../model/change.ts';
import type { Refusal } from '../model/plan.ts';
import type { Step } from '../model/step.ts';

/** What one concern of a host adds to its plan. The order of the parts is the order of the steps. */
export interface Part {
  readonly changes: readonly Change[];
  readonly steps: readonly Step[];
  readonly refusals: readonly Refusal[];
  readonly notes: readonly string[];
}

export const NOTHING: Part = { changes: [], steps: [], refusals: [], notes: [] };

export function part(some: Partial<Part>): Part {
  return { ...NOTHING, ...some };
}

export function join(parts: readonly Part[]): Part {
  return {
    changes: parts.flatMap((each) => each.changes),
    steps: parts.flatMap((each) => each.steps),
    refusals: parts.flatMap((each) => each.refusals),
    notes: parts.flatMap((each) => each.notes),
  };
}

export function refuse(rule: string, message: string, remedy: string): Part {
  return part({ refusals: [{ rule, message, remedy }] });
}
