import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { useLab } from '../lab/vitest.ts';
import { waitFor } from '../lab/wait.ts';
import { Probing } from '../prober/lab.ts';
import { GRACE, joinDesktop, POLL, polls, SLACK, WITH_CHAT } from './joined.ts';
import { Operator } from './tunnel.ts';

const HOLDS = 5;
/** Milliseconds after which a token that was declared compromised is worth nothing. */
const AT_ONCE = 2000;
const STOLEN = { client: 'desktop', local: '127.0.0.1:7000', bind: '0.0.0.0:7008' };

const lab = useLab({ bare: ['edge'], clients: ['desktop'] });
let operator: Operator;

beforeAll(async () => {
  operator = await Operator.start(lab(), ['edge']);
  operator.playbook({
    services: { ...WITH_CHAT, stolen: STOLEN },
    poll: `${POLL}s`,
    more: [`rotation: { grace: ${GRACE}s }`],
  });
  await joinDesktop(lab(), operator);
  await answers();
});
afterAll(() => operator?.[Symbol.dispose]());

/** Waits until a line comes back from the service. */
const answers = () =>
  waitFor(
    async () => {
      const probing = await Probing.start(lab().control, {
        seconds: 5,
        connects: [{ name: 'stolen', kind: 'echo', host: 'edge.test', port: 7008, every: 50, count: 1 }],
      });
      await sleep(200);
      return (await probing.stop()).connects['stolen']?.failed === 0;
    },
    { what: 'the service', timeout: (POLL + SLACK) * 1000 },
  );

test('a compromised token is refused at once and its connections are cut; those of others live on', async () => {
  const hold = (name: string, port: number) => ({
    name,
    host: 'edge.test',
    port,
    every: 20,
    connections: HOLDS,
  });
  await using log = await lab().host('edge').follow('rathole-server');
  const probing = await Probing.start(lab().control, {
    seconds: 60,
    holds: [hold('stolen', 7008), hold('chat', 7007)],
  });
  const probingSince = performance.now();
  // Whoever stole the token does as the desktop then does: it comes again with what it has.
  await polls(lab(), 'stop');
  const consent = ['--allow', 'interrupt-live-connections'];
  const compromising = operator.start('rotate', '--compromised', '--service', 'stolen', '--yes', ...consent);
  await compromising.line(/^edge: 1\/1 rotate/);
  const begun = performance.now();
  await log.line(new RegExp(`No such a service ${createHash('sha256').update('stolen.g1').digest('hex')}`));
  const refused = performance.now() - begun;
  expect(await compromising.ended, compromising.lines.join('\n')).toBe(0);
  await polls(lab(), 'start');
  await answers();

  const { holds } = await probing.stop();
  expect(holds['chat']).toMatchObject({ opened: HOLDS, survived: HOLDS });
  expect(holds['stolen']).toMatchObject({ opened: HOLDS, survived: 0 });
  const cut = Math.max(...(holds['stolen']?.ended ?? []).map(({ atMs }) => atMs)) - (begun - probingSince);
  console.info(
    `the old token was refused after ${Math.round(refused)} ms, the last connection cut after ${Math.round(cut)} ms`,
  );
  expect(refused).toBeLessThan(AT_ONCE);
  expect(cut).toBeLessThan(AT_ONCE);
});
