import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { useLab } from '../lab/vitest.ts';
import { Probing } from '../prober/lab.ts';
import { Operator } from './tunnel.ts';
import { SERVICES, serveDesktop, sshThroughTunnel } from './visitor.ts';

const lab = useLab({ vps: ['edge'], clients: ['desktop'] });
let operator: Operator;

/** Seconds: nginx's own patience here, longer than rathole's heartbeat, and an idleness beyond it. */
const PATIENCE = 3;
const IDLE = 8;

beforeAll(async () => {
  const edge = lab().host('edge');
  // Around ours, for all of http: what ours do not override ends after so long.
  await edge.write(
    '/etc/nginx/conf.d/00-impatient.conf',
    `proxy_read_timeout ${PATIENCE}s;\nproxy_send_timeout ${PATIENCE}s;\n`,
  );
  operator = await Operator.start(lab(), ['edge']);
  operator.playbook({ services: SERVICES, more: ['heartbeat_interval: 1s'] });
  expect(await operator.apply()).toMatchObject({ code: 0, stderr: '' });
  await serveDesktop(lab());
});
afterAll(() => operator?.[Symbol.dispose]());

/** Leaves the services idle beyond nginx's patience: how an idle SSH session and the next 20 visitors fare. */
async function afterIdleness() {
  const session = sshThroughTunnel(lab(), `sleep ${IDLE}; echo alive`).catch(() => 'ended\n');
  await sleep(IDLE * 1000);
  const probing = await Probing.start(lab().control, {
    seconds: 10,
    connects: [
      { name: 'web', kind: 'http', host: 'edge.test', port: 8080, every: 50, count: 20, timeout: 2000 },
    ],
  });
  const { connects } = await probing.report();
  return { session: await session, visitors: connects['web']?.total, failed: connects['web']?.failed };
}

/** Changes our own file, as if the setting were not ours, and takes up services with what serves then. */
async function without(path: string, setting: string, instead: string): Promise<void> {
  const edge = lab().host('edge');
  await edge.must(`grep -q '${setting}' ${path} && sed -i 's/${setting}/${instead}/' ${path} && nginx -t`);
  await edge.must('systemctl restart nginx');
  await lab().host('desktop').must('systemctl restart client');
  await serveDesktop(lab());
}

test('a service that was idle answers the next 20 visitors, and its idle SSH session lives', async () => {
  expect(await afterIdleness()).toEqual({ session: 'alive\n', visitors: 20, failed: 0 });
});

test("without our patience with rathole's idle data channels, visitors fail", async () => {
  await without('/etc/nginx/conf.d/reconcile.conf', 'proxy_read_timeout 365d;', '');
  expect((await afterIdleness()).failed).toBeGreaterThan(0);
  expect(await operator.apply()).toMatchObject({ code: 0 });
});

test('without our patience with idle visitors, the SSH session ends', async () => {
  await without('/etc/nginx/reconcile/stream.conf', 'proxy_timeout 365d;', `proxy_timeout ${PATIENCE}s;`);
  expect((await afterIdleness()).session).toBe('ended\n');
  expect(await operator.apply()).toMatchObject({ code: 0 });
});
