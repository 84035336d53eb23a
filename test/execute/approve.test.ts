import { expect, test } from 'vitest';
import { approve } from '../../src/execute/approve.ts';
import type { ReconcileError } from '../../src/model/errors.ts';
import type { HostPlan, Plan, Refusal } from '../../src/model/plan.ts';

const foreign: Refusal = {
  rule: 'foreign-file',
  message: '/etc/x is somebody else’s',
  remedy: 'move it away',
  consent: 'replace-foreign-files',
};
const unreadable: Refusal = { rule: 'unreadable', message: 'listeners cannot be read', remedy: 'install ss' };

const host = (name: string, refusals: readonly Refusal[]): HostPlan => ({
  host: name,
  tunnel: 'home',
  changes: [],
  steps: [],
  refusals,
  notes: [],
  rotations: [],
});
const plan = (...hosts: HostPlan[]): Plan => ({ digest: 'd1', hosts });
const nothing = new Set<never>();

test('a plan without refusals may run', () => {
  const harmless = plan(host('edge', []));
  expect(approve(harmless, nothing)).toBe(harmless);
  expect(approve(harmless, nothing, 'd1')).toBe(harmless);
});

test('every refusal of every host is named once, and its words are left to the plan', () => {
  const refused = plan(host('edge', [foreign, unreadable, unreadable]), host('far', [unreadable]));
  expect(() => approve(refused, nothing)).toThrow(
    expect.objectContaining({
      code: 'refused',
      message: 'the plan is refused, as it says itself: edge [foreign-file]; edge, far [unreadable]',
    }),
  );
});

test('a consent is named as a way out only where there is one', () => {
  const remedies = [[foreign, unreadable], [unreadable]].map((refusals) => {
    try {
      return approve(plan(host('edge', refusals)), nothing).digest;
    } catch (error) {
      return (error as ReconcileError).remedy;
    }
  });
  expect(remedies).toEqual([
    'do what it says there, or allow it where that is possible: --allow replace-foreign-files',
    'do what it says there',
  ]);
});

test('a consent allows what names it, and nothing else', () => {
  const consents = new Set(['replace-foreign-files'] as const);
  expect(() => approve(plan(host('edge', [foreign])), consents)).not.toThrow();
  expect(() => approve(plan(host('edge', [foreign, unreadable])), consents)).toThrow(
    /: edge \[unreadable\]$/,
  );
  expect(() => approve(plan(host('edge', [foreign])), new Set(['interrupt-new-connections']))).toThrow(
    'foreign-file',
  );
});

test('another digest than the expected one is refused, consents or not', () => {
  expect(() => approve(plan(), new Set(['replace-foreign-files']), 'd2')).toThrow(
    expect.objectContaining({
      code: 'refused',
      message: expect.stringContaining('digest is d1, expected was d2'),
    }),
  );
});
