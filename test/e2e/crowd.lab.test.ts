import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { useLab } from '../lab/vitest.ts';
import { Probing, serveTargets } from '../prober/lab.ts';
import type { ProbePlan } from '../prober/report.ts';
import { setUpClient } from './client.ts';
import { Operator } from './tunnel.ts';

const lab = useLab({ bare: ['edge'], clients: ['desktop'] });
let operator: Operator;

const LIMIT = /^limit_conn reconcile_visitors (\d+);$/m;
/** More than a worker of Debian's nginx has connections for, four for each visitor. */
const CROWD = 400;
const HOLDS = 5;

const web = { name: 'web', kind: 'http', port: 8080, host: 'edge.test', every: 50 } as const;
const echo = { name: 'echo', port: 7007, host: 'edge.test', every: 100 };

beforeAll(async () => {
  operator = await Operator.start(lab(), ['edge']);
  operator.playbook({
    services: {
      web: { client: 'desktop', local: '127.0.0.1:8000', bind: '0.0.0.0:8080' },
      echo: { client: 'desktop', local: '127.0.0.1:7000', bind: '0.0.0.0:7007' },
    },
  });
  expect(await operator.apply()).toMatchObject({ code: 0, stderr: '' });
  const [edge, desktop] = [lab().host('edge'), lab().host('desktop')];
  await serveTargets(desktop, { id: 'desktop', http: 8000, tcp: 7000 });
  await setUpClient(desktop, edge);
  await Promise.all(['127.78.31.144', '127.78.27.95'].map((slot) => edge.listening(1019, slot)));
});
afterAll(() => operator?.[Symbol.dispose]());

const probe = (plan: ProbePlan) => Probing.start(lab().control, plan);

test('a crowd of visitors is turned away before it costs the tunnel its connections', async () => {
  const [edge, desktop] = [lab().host('edge'), lab().host('desktop')];
  const limit = Number(LIMIT.exec(await edge.read('/etc/nginx/reconcile/stream.conf'))?.[1]);
  const client = await desktop.pidOf('client');
  const early = await probe({ seconds: 60, holds: [{ ...echo, connections: HOLDS }] });
  await sleep(500);
  const crowd = await (await probe({ seconds: 3, holds: [{ ...echo, connections: CROWD }] })).report();
  const late = await (await probe({ seconds: 1, connects: [web] })).report();
  expect((await early.stop()).holds['echo']).toMatchObject({ survived: HOLDS });
  expect(crowd.holds['echo']?.survived).toBe(limit - HOLDS);
  expect(late.connects['web']).toMatchObject({ failed: 0 });
  expect(await desktop.pidOf('client')).toBe(client);
  expect(await edge.exec('grep "worker_connections are not enough" /var/log/nginx/*.log')).toMatchObject({
    code: 1,
  });
});
