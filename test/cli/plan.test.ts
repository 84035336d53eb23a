import { expect, test } from 'vitest';
import { statusOf } from '../../src/cli/plan.ts';
import { PLANS } from '../render/plans.ts';

test.each([
  ['settled', 'ok', 'ok'],
  ['due', 'ok', 'ok'],
  ['changed', 'ok', 'changes'],
  ['refused', 'refused', 'refused'],
])('the plan %s ends with %s, and in detail with %s', (name, status, detailed) => {
  const plan = PLANS[name];
  if (plan === undefined) throw new Error('there is no such plan');
  expect(statusOf(plan, false)).toBe(status);
  expect(statusOf(plan, true)).toBe(detailed);
});
