import { describe, expect, test } from 'vitest';
import type { Facts } from '../../../src/model/observed.ts';
import { present } from '../../../src/model/reading.ts';
import { plan } from '../../../src/planner/index.ts';
import type { KeyOrder } from '../../../src/planner/rotation/keys.ts';
import { desired, OBSERVE_SCRIPT, server } from '../desired.ts';
import { readValue } from '../facts.ts';
import { settled } from '../settled.ts';
import { simulate } from '../simulator.ts';

const DAY = 86_400;
const aging = server({ rotation: { ...server().rotation, maxAge: 7 * DAY } });
const host = settled(aging);
const PULL = '/var/lib/reconcile/pull/desktop';

const planned = (facts: Facts, orders: Readonly<Record<string, KeyOrder>> = {}) =>
  plan(desired(aging), [{ host: 'vps1', facts }], OBSERVE_SCRIPT, new Map(Object.entries(orders)));
const planOf = (facts: Facts, orders?: Readonly<Record<string, KeyOrder>>) => {
  const [found] = planned(facts, orders).hosts;
  if (found === undefined) throw new Error('there is no plan');
  return found;
};
const later = (facts: Facts, seconds: number): Facts => ({
  ...facts,
  clock: present(readValue(facts.clock) + seconds),
});
const recordOf = (facts: Facts) => readValue(facts.pulls).records['desktop'];
const textOf = (facts: Facts, path: string) => readValue(facts.files)[path]?.text ?? '';
const map = (facts: Facts) => textOf(facts, '/etc/nginx/reconcile/keys.conf');
const sighted = (facts: Facts, client: string, key: number, at = readValue(facts.clock)): Facts => {
  const pulls = readValue(facts.pulls);
  return {
    ...facts,
    pulls: present({
      ...pulls,
      seen: [...pulls.seen, { client, key, file: 'sync.conf', status: 200, etag: '1-1', at }],
    }),
  };
};
const asked = { desktop: 'rotate' } as const;

describe('a key that is asked to rotate', () => {
  const announced = simulate(host, planOf(host, asked).steps);

  test('is announced once nginx answers to both', () => {
    const { steps } = planOf(host, asked);
    expect(steps.map(({ kind }) => kind)).toEqual([
      'record-key',
      'make-key',
      'write-key-map',
      'check-nginx',
      'reload-nginx',
      'publish',
      'audit-key',
      'record-key',
    ]);
    expect(recordOf(announced)).toMatchObject({ phase: 'announced', current: 1, next: 2 });
    expect(map(announced)).toMatch(/desktop\.k1;[\s\S]*desktop\.k2;/);
    expect(textOf(announced, `${PULL}/sync.conf`)).toMatch(/\nkey = \{\{fingerprint \w+\}\}\n/);
    expect(planOf(announced)).toMatchObject({ changes: [], steps: [] });
  });

  test('stays, for as long as its successor was not used', () => {
    expect(planOf(sighted(later(announced, DAY), 'desktop', 1))).toMatchObject({ changes: [], steps: [] });
    expect(planOf(sighted(announced, 'attic', 2))).toMatchObject({ steps: [] });
  });

  test('is not ended by what an earlier life of the successor’s number left in the log', () => {
    expect(planOf(sighted(announced, 'desktop', 2, 10))).toMatchObject({ changes: [], steps: [] });
  });

  test('ends when the log shows its successor: told first, then forgotten, then removed', () => {
    const used = sighted(announced, 'desktop', 2);
    const { steps, changes } = planOf(used);
    expect(changes).toMatchObject([{ target: 'API key of desktop', before: 'k1, k2', after: 'k2' }]);
    expect(steps.map(({ kind }) => kind)).toEqual([
      'record-key',
      'publish',
      'write-key-map',
      'check-nginx',
      'reload-nginx',
      'audit-key',
      'remove-file',
      'record-key',
    ]);
    const retired = simulate(used, steps);
    expect(recordOf(retired)).toMatchObject({ phase: 'steady', current: 2, next: 0 });
    expect(map(retired)).not.toContain('desktop.k1');
    expect(readValue(retired.files)['/var/lib/reconcile/keys/desktop.k1']).toBeUndefined();
    expect(textOf(retired, `${PULL}/sync.conf`)).not.toContain('\nkey = ');
    expect(planOf(retired)).toMatchObject({ changes: [], steps: [] });
  });

  test.each(['announcing', 'retiring', 'replacing'] as const)(
    'is completed when it was cut off: %s',
    (phase) => {
      for (const { steps } of [
        planOf(host, asked),
        planOf(sighted(announced, 'desktop', 2)),
        planOf(host, { desktop: 'compromised' }),
      ]) {
        const from = steps.some(({ kind }) => kind === 'make-key') ? host : sighted(announced, 'desktop', 2);
        if (!steps.some((step) => step.kind === 'record-key' && step.phase === phase)) continue;
        for (let count = 1; count < steps.length; count += 1) {
          let facts = simulate(from, steps.slice(0, count));
          facts = simulate(facts, planOf(facts).steps);
          expect(['announced', 'steady']).toContain(recordOf(facts)?.phase);
          expect(planOf(facts)).toMatchObject({ changes: [], steps: [] });
        }
      }
    },
  );
});

test('a key that is declared compromised ends at once, and the client needs a new bundle', () => {
  const { steps, notes } = planOf(host, { desktop: 'compromised' });
  expect(notes).toEqual([expect.stringContaining('reconcile bundle desktop')]);
  const after = simulate(host, steps);
  expect(recordOf(after)).toMatchObject({ phase: 'steady', current: 2, next: 0 });
  expect(map(after)).not.toContain('desktop.k1');
  expect(textOf(after, `${PULL}/sync.conf`)).not.toContain('\nkey = ');
  expect(steps.some(({ due }) => due)).toBe(false);
});

describe('keys that are due by age', () => {
  const old = later(host, 8 * DAY);

  test('are announced together, by one reload', () => {
    const { steps } = planOf(old);
    expect(steps.filter(({ kind }) => kind === 'reload-nginx')).toHaveLength(1);
    expect(steps.filter(({ kind }) => kind === 'make-key')).toMatchObject([
      { client: 'attic', number: 2, due: true },
      { client: 'desktop', number: 2, due: true },
    ]);
  });

  test('have no part in the digest; what is asked for has', () => {
    expect(planned(old).digest).toBe(planned(host).digest);
    expect(planned(host, asked).digest).not.toBe(planned(host).digest);
  });
});
