import { expect, test } from 'vitest';
import { endOf } from '../../src/cli/end-of.ts';
import type { Outcome, OutcomeStatus } from '../../src/execute/events.ts';
import type { Plan, PlannedRotation } from '../../src/model/plan.ts';
import type { RotationReport } from '../../src/model/rotation.ts';

type Verdict = RotationReport['verdict'];

const plan = (...verdicts: readonly Verdict[]): Plan => ({
  digest: 'd',
  hosts: [
    {
      ...{ host: 'edge', tunnel: 'home', changes: [], steps: [], refusals: [], notes: [] },
      rotations: verdicts.map(
        (verdict, at): PlannedRotation => ({
          ...{ service: `s${at}`, current: 1, next: 2, finalizeAt: 9, rule: 'r', reason: 'why' },
          verdict,
        }),
      ),
    },
  ],
});

const outcome = (status: OutcomeStatus, ...verdicts: readonly (readonly [Verdict, number])[]): Outcome => ({
  ...{ host: 'edge', status, reasons: [], remedy: '' },
  rotations: verdicts.map(([verdict, next], at) => ({
    ...{ service: `s${at}`, current: 1, finalizeAt: 0, rule: 'r' },
    verdict,
    next,
  })),
});

test.each([
  ['nothing to do', plan(), 'ok'],
  ['one that waits for its client', plan('wait'), 'ok'],
  ['one that is held', plan('wait', 'hold'), 'attention'],
  ['one that is due and cannot begin', plan('refuse'), 'attention'],
])('a plan that nothing was done of, with %s', (_, planned, code) => {
  expect(endOf(planned, [], [])).toBe(code);
});

test.each([
  ['what is held by its word', plan('wait'), [outcome('changed', ['hold', 2])], [], 'attention'],
  ['what it finalized after all', plan('hold'), [outcome('changed', ['finalize', 0])], [], 'ok'],
  [
    'what was held, and is through',
    plan('wait'),
    [outcome('changed', ['hold', 2])],
    [outcome('rotated', ['finalize', 0])],
    'ok',
  ],
  [
    'what it did not speak of',
    plan('finalize', 'hold'),
    [outcome('changed', ['finalize', 0])],
    [],
    'attention',
  ],
  ['what it refused', plan(), [outcome('changed', ['refuse', 0])], [], 'attention'],
  ['what is not done in time', plan('wait'), [], [outcome('rotating', ['wait', 2])], 'attention'],
  ['a failure', plan('hold'), [outcome('failed')], [], 'failed'],
] as const)("a host's last word counts: %s", (_, planned, outcomes, waited, code) => {
  expect(endOf(planned, outcomes, waited)).toBe(code);
});

test.each([
  [['unreachable', 'failed'], 'failed'],
  [['unreachable', 'stopped'], 'unreachable'],
  [['stopped', 'rotating'], 'interrupted'],
  [['not-converged', 'changed'], 'failed'],
  [['changed', 'unchanged'], 'ok'],
] as const)('hosts that end with %j: %s', (statuses, code) => {
  expect(
    endOf(
      plan(),
      statuses.map((status) => outcome(status)),
      [],
    ),
  ).toBe(code);
});

test('a host that was not seen counts too', () => {
  expect(endOf(plan('hold'), [], [], 'unreachable')).toBe('unreachable');
  expect(endOf(plan(), [outcome('failed')], [], 'unreachable')).toBe('failed');
});
