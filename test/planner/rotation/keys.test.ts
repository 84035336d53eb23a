import { expect, test } from 'vitest';
import type { KeyObservation, KeyOrder } from '../../../src/planner/rotation/keys.ts';
import { decideKey, KEY_RULES } from '../../../src/planner/rotation/keys.ts';

const PHASES = ['steady', 'announcing', 'announced', 'retiring', 'replacing'] as const;
const ORDERS: readonly KeyOrder[] = ['none', 'rotate', 'compromised'];
const POLICY = { maxAge: 100, warnBefore: 10 };

const everything = PHASES.flatMap((phase) =>
  [undefined, 0, 950].flatMap((madeAt) =>
    [true, false].flatMap((successorUsed) =>
      ORDERS.map((order) => ({ seen: { phase, madeAt, successorUsed } satisfies KeyObservation, order })),
    ),
  ),
);

test('a rule matches every combination, and each rule is reached', () => {
  const reached = new Set(everything.map(({ seen, order }) => decideKey(seen, POLICY, order, 1000).name));
  expect([...reached].sort()).toEqual(KEY_RULES.map(({ name }) => name).sort());
});

test('an old key is only ever retired when its successor was used, or when that was decided before', () => {
  const early = everything.filter(
    ({ seen, order }) =>
      decideKey(seen, POLICY, order, 1000).verdict === 'retire' &&
      !seen.successorUsed &&
      seen.phase !== 'retiring',
  );
  expect(early).toEqual([]);
});

test('a compromise waits for nothing', () => {
  const declared = everything.filter(({ order }) => order === 'compromised');
  const verdicts = declared.map(({ seen, order }) => decideKey(seen, POLICY, order, 1000).verdict);
  expect(new Set(verdicts)).toEqual(new Set(['replace']));
});
