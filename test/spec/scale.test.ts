import { describe, expect, test } from 'vitest';
import { loadSpec } from '../../src/spec/index.ts';
import { PLAYBOOK, textSources } from './cases.ts';
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
describe.each<[string, (count: number) => string]>([
  ['right services', (count) => largePlaybook(count)],
  ['mistakes', (count) => largePlaybook(count, count)],
  ['wrongly typed services', (count) => PLAYBOOK.replace(/^ {6}ssh: .*$/m, wrongServices(count))],
  ['brackets that close nothing', (count) => '}'.repeat(100 * count)],
])('ten times the %s take about ten times as long', (_, text) => {
  test('not a hundred times', { timeout: 60_000 }, () => {
    const [small, large] = [500, 5000].map((count) => textSources(text(count)));
    if (!small || !large) throw new Error('nothing to measure');
    loadSpec(small);
    const ratio = milliseconds(() => loadSpec(large)) / milliseconds(() => loadSpec(small));
    expect(ratio).toBeLessThan(40);
  });
});

function wrongServices(count: number): string {
  const lines = Array.from(
    { length: count },
    (_, at) => `      s${at}: { client: a, local: 1, bind: 2, zz: 1 }`,
  );
  return lines.join('\n');
}

test('each of many mistakes has its finding', () => {
  const { findings } = loadSpec(textSources(largePlaybook(2000, 1500)));
  expect(findings.filter(({ rule }) => rule === 'client-undeclared')).toHaveLength(1500);
});

test('a large playbook is whole', () => {
  const { findings, desired } = loadSpec(textSources(largePlaybook(2000)));
  expect(findings).toEqual([]);
  expect(desired?.servers[0]?.services).toHaveLength(2000);
});
