import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { useLab } from '../lab/vitest.ts';
import { waitFor } from '../lab/wait.ts';
import { GRACE, joinDesktop, POLL, polls, SLACK } from './joined.ts';
import { Operator } from './tunnel.ts';
import { SERVICES, visitAll } from './visitor.ts';

/** Seconds between two runs of the timer. */
const TIMER = 15;

const lab = useLab({ bare: ['edge'], clients: ['desktop'] });
let operator: Operator;
let generation = 1;

const edge = () => lab().host('edge');
const desktop = () => lab().host('desktop');
const playbook = (...rotation: readonly string[]) =>
  operator.playbook({
    services: SERVICES,
    poll: `${POLL}s`,
    more: [`rotation: { ${[`grace: ${GRACE}s`, ...rotation].join(', ')} }`],
  });

beforeAll(async () => {
  operator = await Operator.start(lab(), ['edge']);
  playbook();
  await joinDesktop(lab(), operator);
});
afterAll(() => operator?.[Symbol.dispose]());

const records = () => edge().must('cut -d " " -f 1-3 /var/lib/reconcile/rotation/*/record');

/** All services are in this phase, with these generations. */
const all = (phase: string, current: number, next: number) => `${phase} ${current} ${next}\n`.repeat(3);

/** What the timer does each 15 s. */
const continueNow = () => edge().must('systemctl start reconcile-finalize.service');

/** Waits until the rotation to `generation + 1` is over; gives the seconds that it took. */
async function rotatedWithin(seconds: number, hurry: () => Promise<unknown> = continueNow): Promise<number> {
  const start = performance.now();
  const isOver = async () => {
    await hurry();
    return (await records()) === all('steady', generation + 1, 0);
  };
  const what = `the rotation to generation ${generation + 1}`;
  await waitFor(isOver, { what, timeout: seconds * 1000, every: 500 });
  generation += 1;
  return (performance.now() - start) / 1000;
}

async function stage(): Promise<void> {
  const { code, stdout, stderr } = await operator.run(operator.argv('rotate', '--yes', '--no-wait'));
  expect({ code, stderr }, stdout).toEqual({ code: 0, stderr: '' });
  expect(await records()).toBe(all('staged', generation, generation + 1));
}

test('a connected client that does not come is held, and is let go within a poll once it comes', async () => {
  await polls(lab(), 'stop');
  await stage();
  await sleep((GRACE + 1) * 1000);
  const { code, stdout } = await operator.run(operator.argv('verify'));
  expect(
    stdout.match(/^edge: hold: \w+ g1 -> g2: a straggler: still connected with the old token/gm),
  ).toHaveLength(3);
  expect(code).toBe(6);
  const apply = await operator.apply('--no-wait');
  expect(apply).toMatchObject({
    code: 6,
    stdout: expect.stringContaining('3 rotations to look at.'),
    stderr: '',
  });
  await continueNow();
  expect(await records()).toBe(all('staged', 1, 2));
  await visitAll(lab());
  await polls(lab(), 'start');
  const seconds = await rotatedWithin(POLL + SLACK);
  console.info(`a held straggler was through ${seconds.toFixed(1)} s after it began to poll again`);
  await visitAll(lab());
});

test('a client that is offline holds nothing, and returns by itself', async () => {
  await desktop().powerOff();
  await stage();
  await rotatedWithin(GRACE + SLACK);
  expect(await edge().must('tail -n 3 /var/log/reconcile/audit.jsonl')).not.toContain('straggler');
  await desktop().powerOn();
  await waitFor(() => visitAll(lab()).then(() => true), { what: 'the desktop', timeout: 30_000 });
});

test('stragglers that are cut lose the old token at finalize_at', async () => {
  playbook('stragglers: cut');
  expect(await operator.apply()).toMatchObject({ code: 0, stderr: '' });
  await polls(lab(), 'stop');
  await stage();
  await rotatedWithin(GRACE + SLACK);
  expect(await edge().must('tail -n 1 /var/log/reconcile/audit.jsonl')).toContain('stragglers are cut');
  await expect(visitAll(lab())).rejects.toThrow('not every visitor was served');
  await polls(lab(), 'start');
  await waitFor(() => visitAll(lab()).then(() => true), { what: 'the desktop', timeout: 30_000 });
});

test('what an apply started is finished by the timer, without anybody, over a reboot of the server', async () => {
  playbook('max_age: 1d');
  await edge().must("sed -i 's/ [0-9]*$/ 1000000000/' /var/lib/reconcile/rotation/*/record");
  const { code, stdout, stderr } = await operator.apply('--no-wait');
  expect({ code, stderr }, stdout).toEqual({ code: 0, stderr: '' });
  expect(await records()).toBe(all('staged', generation, generation + 1));
  await edge().reboot();
  await rotatedWithin(POLL + 2 * TIMER + SLACK, async () => undefined);
  expect(await edge().must('tail -n 1 /var/log/reconcile/audit.jsonl')).toMatch(
    /"actor":"timer".*"operation":"finalize"/,
  );
  await visitAll(lab());
  expect(await operator.plan()).toMatchObject({ code: 0, stderr: '' });
});
