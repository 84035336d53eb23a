import { describe, expect, test } from 'vitest';
import { loadSpec } from '../../src/spec/index.ts';
import { textSources } from './cases.ts';
import { largePlaybook } from './scale.ts';

/** The best of a few runs: what the work takes, without what the machine does beside it. */
function milliseconds(run: () => void): number {
  const times = Array.from({ length: 2 }, () => {
    const started = performance.now();
    run();
    return performance.now() - started;
  });
  return Math.min(...times);
}

/**
 * `npm run bench` measures against the promise (10,000 services in 2 s, ten times the services in at most 12 times the
 * time); here only growth with the square would fail, which is 100 times.
 */
describe.each([
  ['right services', 0],
  ['mistakes', 1],
])('ten times the %s take about ten times as long', (_, share) => {
  test('not a hundred times', { timeout: 60_000 }, () => {
    const [small, large] = [500, 5000].map((services) =>
      textSources(largePlaybook(services, services * share)),
    );
    if (!small || !large) throw new Error('nothing to measure');
    loadSpec(small);
    const ratio = milliseconds(() => loadSpec(large)) / milliseconds(() => loadSpec(small));
    expect(ratio).toBeLessThan(40);
  });
});

test('each of many mistakes has its finding', () => {
  const { findings } = loadSpec(textSources(largePlaybook(2000, 1500)));
  expect(findings.filter(({ rule }) => rule === 'client-undeclared')).toHaveLength(1500);
});

test('a large playbook is whole', () => {
  const { findings, desired } = loadSpec(textSources(largePlaybook(2000)));
  expect(findings).toEqual([]);
  expect(desired?.servers[0]?.services).toHaveLength(2000);
});
