import { describe, expect, test } from 'vitest';
import { SERVER_UNIT } from '../../../src/artifacts/paths.ts';
import type { Facts } from '../../../src/model/observed.ts';
import { present } from '../../../src/model/reading.ts';
import { PHASES, type RotationRecord } from '../../../src/model/rotation.ts';
import { SSH, service } from '../desired.ts';
import { listener, readValue, withFile } from '../facts.ts';
import {
  DAY,
  NOW,
  POLLED,
  rulesOf,
  STEADY,
  statusOf,
  WANTED,
  WELL,
  withClient,
  withListeners,
  withRecord,
} from './host.ts';

const STAGED: RotationRecord = {
  ...STEADY,
  phase: 'staged',
  next: 2,
  highest: 2,
  stagedAt: NOW - 100,
  finalizeAt: NOW + 800,
};
const RECORD = '/var/lib/reconcile/rotation/ssh/record';

function of(facts: Facts, wanted = WANTED) {
  const host = statusOf(facts, wanted);
  const [service] = host.services;
  if (service === undefined) throw new Error('there is no service');
  return { ...service, rules: rulesOf(host) };
}

const staged = (change: Partial<RotationRecord>, generations: readonly number[]) =>
  withListeners(withRecord(WELL, { ...STAGED, ...change }), generations);
/** As if rathole and the record had been as they are for long. */
const since = (facts: Facts, at: number) => withFile(facts, RECORD, { modified: at });

test('where all is well there is nothing to look at', () => {
  expect(of(WELL)).toEqual({
    service: 'ssh',
    client: 'desktop',
    protocol: 'tcp',
    bind: '127.0.0.1:2222',
    state: 'steady',
    generations: [{ generation: 1, listener: 'ours' }],
    token: { state: 'fresh', age: DAY, dueAt: NOW + 6 * DAY },
    connections: 0,
    rules: [],
  });
});

describe('what is declared and not served', () => {
  test('was never applied, or is gone', () => {
    expect(of(withRecord(WELL, undefined))).toMatchObject({ state: 'absent', rules: ['not-applied'] });
    const gone = { ...STEADY, phase: 'gone', current: 0 } as const;
    expect(of(withRecord(WELL, gone))).toMatchObject({
      state: 'gone',
      generations: [],
      rules: ['not-applied'],
    });
  });
});

describe('a token', () => {
  test.each([
    [NOW - DAY, 'fresh', []],
    [NOW - 6 * DAY, 'expiring', ['token-expiring']],
    [NOW - 7 * DAY, 'overdue', ['token-overdue']],
    [undefined, 'unknown', ['token-overdue']],
  ] as const)('made at %s is %s', (rotatedAt, state, rules) => {
    const found = of(withRecord(WELL, { ...STEADY, rotatedAt }));
    expect([found.token?.state, found.rules]).toEqual([state, rules]);
  });

  test('that nothing limits is nothing to look at', () => {
    const { maxAge: _, ...rotation } = WANTED.rotation;
    const found = of(withRecord(WELL, { ...STEADY, rotatedAt: undefined }), { ...WANTED, rotation });
    expect(found).toMatchObject({ token: { state: 'unmanaged' }, rules: [] });
  });
});

describe('a rotation', () => {
  test.each<[string, Facts, object]>([
    [
      'waits for its client',
      staged({}, [1]),
      { state: 'staged', rotation: { next: 2, finalizeAt: NOW + 800 }, rules: [] },
    ],
    ['is verified', staged({}, [1, 2]), { state: 'verified', rules: [] }],
    [
      'is held by a straggler',
      staged({ finalizeAt: NOW - 1 }, [1]),
      { state: 'held', rules: ['rotation-held'] },
    ],
    ['has nobody to wait for', staged({ finalizeAt: NOW - 1 }, []), { state: 'staged' }],
    [
      'cannot begin',
      withRecord(withListeners(withListeners(WELL, [1]), [1, 2], 66), { ...STEADY, rotatedAt: 0 }),
      { state: 'steady', rules: expect.arrayContaining(['rotation-refused', 'token-overdue']) },
    ],
  ])('that %s', (_, facts, expected) => {
    expect(of(facts)).toMatchObject(expected);
  });

  test('shows both generations, and says what is missing', () => {
    const { generations, rotation } = of(staged({}, [2]));
    expect(generations).toEqual([
      { generation: 1, listener: 'free' },
      { generation: 2, listener: 'ours' },
    ]);
    expect(rotation?.missing).toMatch(/^verified/);
  });

  test.each([-1, 59, 60, 10_000])('that the timer has left alone for %d s', (age) => {
    const late = of(since(staged({ finalizeAt: NOW - age }, []), NOW - 20_000));
    expect(late.rules.includes('rotation-stuck')).toBe(age >= 60);
    for (const phase of ['staging', 'finalizing', 'cancelling', 'compromised', 'issuing'] as const) {
      const cutOff = of(since(staged({ phase }, [1]), NOW - age));
      expect([cutOff.state, cutOff.rules.includes('rotation-stuck')]).toEqual([phase, age >= 60]);
    }
  });

  test.each([60, 61, 86_400])(
    'that was staged %d s ahead of the clock, which was set back since',
    (ahead) => {
      const { rules } = of(staged({ stagedAt: NOW + ahead, finalizeAt: NOW + ahead + 900 }, [1]));
      expect(rules.includes('rotation-stuck')).toBe(ahead > 60);
    },
  );

  test('whose time has moved since is not stuck', () => {
    expect(of(since(staged({ finalizeAt: NOW - 10_000 }, []), NOW - 59)).rules).not.toContain(
      'rotation-stuck',
    );
  });

  test('is said of its client, and no other service of it', () => {
    const web = service('web', { bind: { address: '0.0.0.0', port: 8080 } });
    const both = { ...WANTED, services: [SSH, web] };
    const facts = { ...WELL, rotations: present({ ssh: STAGED, web: STEADY }) };
    expect(statusOf(facts, both).clients.map(({ pending }) => pending)).toEqual([['ssh']]);
  });

  test.each([
    [{ status: 304 }, /the client knows it/],
    [{ status: 304, etag: 'aaa0-10' }, /not told yet/],
  ] as const)('in place goes by what the client was told: %o', (seen, reason) => {
    const wanted = { ...WANTED, services: [{ ...SSH, cutover: 'in-place' as const }] };
    const facts = withRecord(withClient(WELL, { seen: [seen] }), { ...STAGED, finalizeAt: NOW - 1 });
    const listeners = present([
      ...readValue(WELL.listeners).filter(({ port }) => port !== 2222),
      listener('tcp', '127.0.0.1', 2222, 'rathole', 700),
    ]);
    expect(of({ ...facts, listeners }, wanted).rotation?.missing).toMatch(reason);
  });
});

describe('a listener', () => {
  const settled = { seen: POLLED, told: NOW - 60 };
  const fresh = { seen: POLLED, told: NOW - 59 };
  const fetched = { seen: [...POLLED, { file: 'client.toml', at: NOW - 59 }] } as const;
  const late = { seen: [{ ...POLLED[0], at: NOW - DAY }] };

  test.each(PHASES.filter((phase) => phase !== 'gone'))('is missed, or taken, in the phase %s', (phase) => {
    const record = phase === 'steady' ? STEADY : { ...STAGED, phase };
    const facts = withRecord(WELL, record);
    const rules = (found: Facts) => of(found).rules.filter((rule) => rule.endsWith('-listener'));
    expect(rules(withListeners(withClient(facts, settled), []))).toEqual(['no-listener']);
    expect(rules(withListeners(withClient(facts, fresh), []))).toEqual([]);
    expect(rules(withListeners(withClient(facts, fetched), []))).toEqual([]);
    expect(rules(withListeners(withClient(facts, late), []))).toEqual([]);
    expect(rules(withListeners(facts, [1, 2]))).toEqual([]);
    expect(rules(withListeners(facts, [1, 2], 66))).toEqual(['foreign-listener']);
  });

  test('is not missed where rathole-server does not run: that is said', () => {
    const { [SERVER_UNIT]: unit, ...units } = readValue(WELL.units);
    if (unit === undefined) throw new Error('there is no such unit');
    const stopped = { ...WELL, units: present({ ...units, [SERVER_UNIT]: { ...unit, active: 'failed' } }) };
    expect(of(withListeners(withClient(stopped, settled), [])).rules).toEqual(['not-running']);
  });

  test('whose owner cannot be seen is said so', () => {
    const hidden = readValue(withListeners(WELL, [1]).listeners).map((each) => ({ ...each, processes: [] }));
    expect(of({ ...WELL, listeners: present(hidden) })).toMatchObject({
      generations: [{ listener: 'unseen' }],
      rules: ['unseen-listener'],
    });
  });
});

describe('visitors', () => {
  const connections = present({ '127.0.0.1:2222': 3, '127.78.8.174:1019': 4, '127.0.0.1:22': 5 });

  test('are counted where they come in', () => {
    expect(of({ ...WELL, connections }).connections).toBe(3);
    const wild = { ...WANTED, services: [{ ...SSH, bind: { address: '0.0.0.0', port: 2222 } }] };
    expect(of({ ...WELL, connections: present({ '192.0.2.1:2222': 2 }) }, wild).connections).toBe(2);
  });

  test('of UDP have no connections', () => {
    expect(of(WELL, { ...WANTED, services: [{ ...SSH, protocol: 'udp' }] })).not.toHaveProperty(
      'connections',
    );
  });
});
