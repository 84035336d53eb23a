import { afterAll, beforeAll, expect, test } from 'vitest';
import { useLab } from '../lab/vitest.ts';
import { GRACE, joinDesktopOfMany, POLL, pollNow, WITH_CHAT } from './joined.ts';
import { summary, underLoad } from './load.ts';
import { Operator } from './tunnel.ts';

const ROTATIONS = 10;
/** Datagrams of a flow that a finalize, or the reload of nginx for it, may lose. */
const DATAGRAMS = 3;

const lab = useLab({ bare: ['edge'], clients: ['desktop'] });
let operator: Operator;

beforeAll(async () => {
  operator = await Operator.start(lab(), ['edge']);
  operator.playbook({ services: WITH_CHAT, poll: `${POLL}s`, more: [`rotation: { grace: ${GRACE}s }`] });
  await joinDesktopOfMany(lab(), operator);
});
afterAll(() => operator?.[Symbol.dispose]());

/** Says whether server.toml still has the first generation when its listener has ended. */
const DRAINED = `while ss -Htln 'src 127.78.31.144:1019' | grep -q .; do sleep 0.05; done
  grep -c -F '"web.g1"' /etc/rathole/server.toml`;

const STAGED = "until grep -q '^staged ' /var/lib/reconcile/rotation/web/record; do sleep 0.1; done";

/** One rotation, for which the client polls at once: its timer would come some seconds later. */
async function rotate() {
  const rotating = operator.rotate();
  await Promise.race([rotating, lab().host('edge').must(STAGED)]);
  await pollNow(lab().host('desktop'), 'home-edge');
  return rotating;
}

test('no visitor notices that tokens rotate', async () => {
  await using drained = lab().host('edge').start(DRAINED);
  const seen = await underLoad(lab(), async () => {
    for (let rotation = 1; rotation <= ROTATIONS; rotation += 1) {
      const { code, stdout, stderr } = await rotate();
      expect({ code, stderr }, stdout).toEqual({ code: 0, stderr: '' });
    }
  });
  console.info(`${ROTATIONS} rotations: ${summary(seen)}, p99 ${seen.p99} ms, ${seen.lost} datagrams lost`);
  const records = await lab().host('edge').must('cut -d " " -f 1-3 /var/lib/reconcile/rotation/*/record');
  expect(records).toBe(`steady ${ROTATIONS + 1} 0\n`.repeat(Object.keys(WITH_CHAT).length));
  expect(drained.lines, 'visitors are drained before their generation goes').toEqual(['1']);
  expect(seen, JSON.stringify(seen.failures)).toMatchObject({ failed: 0, dropped: 0 });
  expect(seen.connections).toBeGreaterThan(1000);
  expect(seen.lost).toBeLessThanOrEqual(ROTATIONS * DATAGRAMS * seen.flows);
  expect(await operator.plan()).toMatchObject({ code: 0, stderr: '' });
});
