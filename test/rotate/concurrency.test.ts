import { once } from 'node:events';
import { expect, test, vi } from 'vitest';
import { LOCK_PATIENCE } from '../../src/artifacts/lock.ts';
import { FLOCK_IN_HASTE } from '../flock-in-haste.ts';
import { FakeTunnel } from './tunnel.ts';

vi.setConfig({ testTimeout: 300_000 });

const ROUNDS = 6;
const APPLIES = 2;

/** Two applies and the timer, all at the same moment. */
const RUNS = [
  ...Array.from({ length: APPLIES }, () => ['--actor', 'apply', 'due', 'ssh']),
  ['--actor', 'timer', 'continue'],
];

test.concurrent('runs at one moment stage once and finalize once, and each is in the audit log once', async () => {
  const tunnel = new FakeTunnel({ max_age: 1_000_000 });
  const { host } = tunnel;
  for (let round = 0; round < ROUNDS; round++) {
    tunnel.outdate();
    await together(tunnel);
    expect(host.record('ssh').phase).toBe('staged');
    tunnel.poll();
    tunnel.settle();
    await together(tunnel);
    tunnel.poll();
    tunnel.expectGenerations([8 + round]);
  }
  const entries = host
    .read('log/audit.jsonl')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  const expected = Array.from({ length: ROUNDS }, (_, round) =>
    ['stage', 'finalize'].map((operation) => [operation, 8 + round]),
  ).flat();
  expect(entries.map(({ operation, generation }) => [operation, generation])).toEqual(expected);
  expect(entries.map(({ sequence }) => sequence)).toEqual(expected.map((_, at) => at + 1));
  expect(host.has('etc/pending-tokens.json')).toBe(false);
  host.remove();
});

test.concurrent('a run that gets no lock in time says so and does nothing', async () => {
  const tunnel = new FakeTunnel({});
  const { host } = tunnel;
  const holder = host.holdLock();
  await once(holder.stdout, 'data');
  host.play('flock', FLOCK_IN_HASTE);
  const run = host.start('rotate', 'ssh');
  let stderr = '';
  run.stderr.on('data', (text) => {
    stderr += text;
  });
  const [status] = await once(run, 'close');
  holder.kill();
  expect([status, stderr]).toEqual([75, `rotate: another run has held the lock for ${LOCK_PATIENCE} s\n`]);
  expect(host.record('ssh').phase).toBe('steady');
  host.remove();
});

async function together({ host }: FakeTunnel): Promise<void> {
  const runs = RUNS.map((words) => host.start(...words));
  const codes = await Promise.all(runs.map((run) => once(run, 'exit')));
  expect(codes.map(([code]) => code)).toEqual(RUNS.map(() => 0));
}
