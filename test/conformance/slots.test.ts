import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect } from 'vitest';
import { Nginx } from './harness/nginx.ts';
import { type Services, type Site, test } from './harness/site.ts';
import { PUBLIC, SLOT_A, SLOT_B, Slots, twoSlots } from './harness/slots.ts';
import { udpFlow } from './harness/targets.ts';
import { Train, type TrainReport } from './harness/train.ts';
import { visit, visitInTurn } from './harness/visit.ts';

/**
 * Whoever waits for a data channel of a generation is dropped with it, as visitors of a busy machine do now and then; that
 * is shown by test/prober/tunnel.lab.test.ts, where nothing runs beside it. Here nobody is there at that moment.
 */
async function rotateUnderVisitors(site: Site, rotations: number): Promise<TrainReport> {
  await site.tcpTarget();
  const slots = await Slots.start(site, 'tcp');
  const train = new Train(site.at(PUBLIC), 10);
  await sleep(200);
  for (let i = 0; i < rotations; i += 1) {
    await slots.stage();
    await train.pausedFor(() => slots.finalize());
    await sleep(100);
  }
  await sleep(200);
  return train.stop();
}

describe('two slots behind one public port', () => {
  test('with max_fails=0: no visitor notices a rotation', { timeout: 120_000 }, async ({ site }) => {
    await Nginx.start(site, { blocks: twoSlots(site, 'max_fails=0') });
    const { total, failed, slowest } = await rotateUnderVisitors(site, 40);
    expect(total).toBeGreaterThan(200);
    expect(failed).toBe(0);
    // Whoever meets the empty slot is passed on at once, not after the connect timeout.
    expect(slowest).toBeLessThan(900);
  });

  test('with the default max_fails: the slot that was down is shunned when it is needed', async ({
    site,
  }) => {
    await Nginx.start(site, { blocks: twoSlots(site, '') });
    const { total, failed } = await rotateUnderVisitors(site, 4);
    expect(failed / total).toBeGreaterThan(0.05);
  });

  test('a dead client holds both slots: all visitors fail', async ({ site }) => {
    await Nginx.start(site, { blocks: twoSlots(site, 'max_fails=0') });
    await site.tcpTarget();
    const slots = await Slots.start(site, 'tcp');
    await slots.stage();
    expect(await visit(site.at(PUBLIC))).toBe('ok');
    await slots.client.stop();
    expect(new Set(await visitInTurn(site.at(PUBLIC), 8))).toEqual(new Set(['cut']));
  });

  test('two clients, one per slot: fails over after three visitors', async ({ site }) => {
    await Nginx.start(site, { blocks: twoSlots(site, 'max_fails=0') });
    await site.tcpTarget();
    const first: Services = { g1: { port: SLOT_A, token: 'a' } };
    const second: Services = { g2: { port: SLOT_B, token: 'b' } };
    await site.server(site.serverConfig({ ...first, ...second }));
    const dying = await site.client(site.clientConfig(first));
    await site.client(site.clientConfig(second));
    await site.listening(SLOT_A);
    await site.listening(SLOT_B);
    await sleep(300);
    await dying.stop();
    const outcomes = await visitInTurn(site.at(PUBLIC), 14);
    expect(outcomes.filter((outcome) => outcome !== 'ok')).toEqual(['cut', 'cut', 'cut']);
    expect(outcomes.slice(-7)).toEqual(Array(7).fill('ok'));
  });
});

describe('UDP behind four workers', () => {
  const start = async (site: Site, listen: string) => {
    await Nginx.start(site, { blocks: twoSlots(site, 'max_fails=0', listen), workers: 4 });
    return { target: await site.udpTarget(), slots: await Slots.start(site, 'udp') };
  };

  test('with reuseport a flow keeps one source port, and a rotation costs it a few datagrams', async ({
    site,
  }) => {
    const { target, slots } = await start(site, 'udp reuseport');
    expect(await udpFlow(site.at(PUBLIC), 300, 1)).toHaveLength(300);
    expect(target.sources.size).toBe(1);
    const [heard] = await Promise.all([
      udpFlow(site.at(PUBLIC), 100, 20),
      sleep(500).then(() => slots.rotate()),
    ]);
    expect(heard.length).toBeGreaterThanOrEqual(95);
  });

  test('without it, it has more', async ({ site }) => {
    const { target } = await start(site, 'udp');
    await udpFlow(site.at(PUBLIC), 300, 1);
    expect(target.sources.size).toBeGreaterThan(1);
  });
});
