import type { Unseen } from '../execute/observe.ts';
import type { Plan } from '../model/plan.ts';

export const PLAN_FORMATS = ['text', 'json', 'markdown'] as const;
export type PlanFormat = (typeof PLAN_FORMATS)[number];

interface Rendered {
  readonly plan: Plan;
  readonly unseen: readonly Unseen[];
}

/** A plan as it is printed; `full` adds the texts of new files. Colours are for terminals whose owner did not ask for none. */
export async function renderPlan(
  { plan, unseen }: Rendered,
  format: PlanFormat,
  full = false,
): Promise<string> {
  switch (format) {
    case 'json':
      return (await import('../render/plan-json.ts')).planJson(plan, unseen);
    case 'markdown':
      return (await import('../render/plan-markdown.ts')).planMarkdown(plan, unseen);
    case 'text': {
      const { planText } = await import('../render/plan-text.ts');
      const colour = process.stdout.isTTY === true && !process.env['NO_COLOR'];
      return planText(plan, unseen, { colour, full });
    }
  }
}
