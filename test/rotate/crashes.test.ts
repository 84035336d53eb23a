import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { ORDER_OF_OPERATIONS } from '../../src/model/rotation/operations.ts';
import type { Action, Phase } from '../../src/model/rotation.ts';
import { faultAt } from './fault.ts';
import type { Policy } from './host.ts';
import { FakeTunnel } from './tunnel.ts';

vi.setConfig({ testTimeout: 600_000, hookTimeout: 60_000 });

interface Case {
  readonly action: Action;
  readonly policy: Partial<Policy>;
  /** Brings the host to where the action is due. */
  readonly prepare: (tunnel: FakeTunnel) => void;
  readonly order: string;
  /** The outcome: the record's phase, and the generations that are there. */
  readonly phase: Phase;
  readonly ends: readonly number[];
  /** Whether a synced client must be let in at every moment. */
  readonly serves: boolean;
}

function stage(tunnel: FakeTunnel): void {
  tunnel.run('rotate', 'ssh');
  tunnel.poll();
}

/** With it a staged service waits for an order, whatever its client does. */
const WAITS = { finalize: 'at-deadline' } as const;

const BLUE_GREEN: readonly Case[] = [
  {
    ...{ action: 'stage', policy: WAITS, prepare: () => {}, order: 'rotate' },
    ...{ phase: 'staged', ends: [7, 8], serves: true },
  },
  {
    ...{ action: 'finalize', policy: {}, prepare: stage, order: 'continue' },
    ...{ phase: 'steady', ends: [8], serves: true },
  },
  {
    ...{ action: 'cancel', policy: WAITS, prepare: stage, order: 'cancel' },
    ...{ phase: 'steady', ends: [7], serves: true },
  },
  {
    ...{ action: 'compromise', policy: WAITS, prepare: stage, order: 'compromised' },
    ...{ phase: 'steady', ends: [10], serves: false },
  },
];

const UDP = BLUE_GREEN.filter(({ action }) => ['finalize', 'compromise'].includes(action)).map(
  (each): Case => ({ ...each, policy: { ...each.policy, protocol: 'udp' } }),
);

let points = 0;
afterAll(() => console.log(`crash points: ${points}`));

/** Real hosts go through all operations of TCP services, of both strategies: test/e2e/rotation-crashes.lab.test.ts. */
describe.each(UDP)('$action, $policy', (each) => {
  const operations = ORDER_OF_OPERATIONS[each.action];
  let prepared: FakeTunnel;
  beforeAll(() => {
    prepared = prepare(each);
  });
  afterAll(() => prepared.host.remove());

  // After one operation is before the next.
  test.each([
    ...operations.map((operation) => ['before', operation] as const),
    ...operations.slice(-1).map((operation) => ['after', operation] as const),
  ])('killed %s %s', (moment, operation) => {
    const killed = crash(each, prepared, ({ host }) => {
      host.write('rotate', faultAt(host.script, operation, moment));
    });
    expect(killed).toBe(true);
  });
});

describe.each(BLUE_GREEN)('$action', (each) => {
  test('killed before and after every rename', () => {
    const prepared = prepare(each);
    let moment = 1;
    while (crash(each, prepared, ({ host }) => host.killAt(moment))) moment += 1;
    expect(moment).toBeGreaterThan(8);
    prepared.host.remove();
  });
});

function prepare(each: Case): FakeTunnel {
  const tunnel = new FakeTunnel(each.policy);
  each.prepare(tunnel);
  return tunnel;
}

/** One run that is killed, and what comes after it. False where it ended before that. */
function crash(each: Case, prepared: FakeTunnel, arrange: (tunnel: FakeTunnel) => void): boolean {
  const tunnel = new FakeTunnel(prepared);
  const { host } = tunnel;
  try {
    arrange(tunnel);
    const killed = tunnel.run(each.order, 'ssh').signal === 'SIGKILL';
    if (killed) points += 1;
    host.killAt(undefined);
    host.write('rotate', host.script);
    converges(each, tunnel);
    return killed;
  } finally {
    host.remove();
  }
}

/** The client polls at the worst moment; the timer completes what was decided; what was not is asked for again. */
function converges({ action, order, phase, ends, serves }: Case, tunnel: FakeTunnel): void {
  const { host } = tunnel;
  if (serves) expect(tunnel.works).toBe(true);
  tunnel.poll();
  if (serves) expect(tunnel.works).toBe(true);
  const before = host.tokens('etc/server.toml');
  if (host.has('etc/pending-tokens.json')) expect(tunnel.run('continue').status).toBe(0);
  if (host.record('ssh').phase !== phase) expect(tunnel.run(order, 'ssh').status).toBe(0);
  if (serves) expect(tunnel.works).toBe(true);
  tunnel.poll();
  expect(host.record('ssh').phase).toBe(phase);
  tunnel.expectGenerations(ends);
  const after = host.tokens('etc/server.toml');
  for (const name of Object.keys(after))
    if (action !== 'compromise' && name in before && name !== 'ssh') expect(after[name]).toBe(before[name]);
  expect(host.has('etc/pending-tokens.json')).toBe(phase === 'staged');
  const entries = host
    .read('log/audit.jsonl')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(entries.filter(({ operation }) => operation === action)).toHaveLength(1);
  if (action === 'compromise' && host.read('state/rotation/ssh/policy').includes('tcp'))
    expect(host.read('fakes/connected')).toBe('');
}
