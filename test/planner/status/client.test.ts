import { describe, expect, test } from 'vitest';
import type { Sighting } from '../../../src/model/pull.ts';
import { ETAGS, NOW, POLL, rulesOf, statusOf, type Told, WELL, withClient } from './host.ts';

const BEHIND = { etag: 'aaa0-10' };
const of = (told: Told) => {
  const host = statusOf(withClient(WELL, told));
  const [client] = host.clients;
  if (client === undefined) throw new Error('there is no client');
  return { ...client, rules: rulesOf(host).filter((rule) => rule.startsWith('client')) };
};

describe('a client', () => {
  test.each<[string, Told, object]>([
    ['nobody knows', { record: undefined }, { state: 'absent', behind: [], rules: [] }],
    ['has not polled yet', { seen: [], told: NOW - 10 }, { state: 'never', rules: [] }],
    ['has never polled', { seen: [] }, { state: 'never', rules: ['client-never'] }],
    ['has all', {}, { state: 'current', behind: [], lastPull: { at: NOW - 10, age: 10 }, poll: POLL }],
    ['was sent sync.conf alone', { seen: [{}] }, { state: 'behind', behind: ['client.toml'] }],
    ['was sent both', { seen: [{}, { file: 'client.toml' }] }, { state: 'current', behind: [] }],
    [
      'was sent both by two keys',
      { seen: [{ key: 2 }, { file: 'client.toml' }] },
      { state: 'current', key: { current: 1, used: 2 } },
    ],
    [
      'has another sync.conf',
      { seen: [{ ...BEHIND, status: 304 }, { file: 'client.toml' }] },
      { state: 'behind', behind: ['sync.conf'] },
    ],
    ['has neither', { seen: [{ ...BEHIND, status: 304 }] }, { behind: ['sync.conf', 'client.toml'] }],
    ['has another one’s texts', { seen: [{ client: 'attic', status: 304 }], told: NOW }, { state: 'never' }],
  ])('that %s', (_, told, expected) => {
    expect(of(told)).toMatchObject(expected);
  });

  test("is told apart by its keys' numbers", () => {
    const record = { phase: 'announced', current: 3, next: 4, madeAt: 100 } as const;
    expect(of({ record, seen: [] }).key).toEqual({ current: 3, next: 4 });
    expect(
      of({
        record,
        seen: [
          { key: 3, at: NOW - 500 },
          { key: 4, at: NOW - 10 },
        ],
      }).key,
    ).toEqual({
      ...{ current: 3, next: 4, used: 4 },
    });
  });
});

describe('a client whose key was replaced', () => {
  const replaced = { phase: 'steady', current: 2, next: 0, madeAt: NOW - 10 } as const;

  test('is refused until it has polled with the new one', () => {
    expect(of({ record: replaced }).rules).toEqual(['client-refused']);
    expect(of({ record: replaced, seen: [{ key: 1, at: 0 }] }).rules).toEqual(['client-refused']);
    expect(of({ record: replaced, seen: [{ key: 1 }, { key: 2, at: NOW - 5 }] }).rules).toEqual([]);
  });

  test('in order has used the new one before the old one ends', () => {
    for (const phase of ['announcing', 'announced'] as const)
      expect(of({ record: { ...replaced, phase, current: 1, next: 2 } }).rules).toEqual([]);
  });
});

describe('lateness', () => {
  const ages = [0, POLL, 3 * POLL, 3 * POLL + 1, 100 * POLL];

  test.each(ages)('%d s after the last poll, whatever it fetched then', (age) => {
    for (const file of ['sync.conf', 'client.toml'] as const) {
      for (const status of [200, 304] as const) {
        for (const etag of [ETAGS[file], 'aaa0-10']) {
          const seen: Partial<Sighting>[] = [{ file, status, etag, at: NOW - age }];
          const found = of({ seen });
          const isLate = age > 3 * POLL;
          expect(found.state === 'late').toBe(isLate);
          expect(found.rules).toEqual(isLate ? ['client-late'] : []);
          expect(found.lastPull).toEqual({ at: NOW - age, age });
        }
      }
    }
  });

  test.each(ages)('counts from a change of the interval, %d s ago', (age) => {
    const { state } = of({ seen: [{ status: 304, at: NOW - 50 * POLL }], told: NOW - age });
    expect(state).toBe(age > 3 * POLL ? 'late' : 'current');
  });

  test.each(ages)('of a client that never polled counts from its key, made %d s ago', (age) => {
    const record = { phase: 'steady', current: 1, next: 0, madeAt: NOW - age } as const;
    const found = of({ seen: [], record });
    expect([found.state, found.rules]).toEqual(['never', age > 3 * POLL ? ['client-never'] : []]);
  });

  test('says how long, and how often it should be', () => {
    const { attention } = statusOf(withClient(WELL, { seen: [{ at: NOW - 90_061 }] }));
    expect(attention).toEqual([
      {
        rule: 'client-late',
        subject: { kind: 'client', name: 'desktop' },
        message: 'has not polled for 1d1h, and a poll is due every 5m',
      },
    ]);
  });
});
