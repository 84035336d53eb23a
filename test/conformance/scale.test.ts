import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TomlTable } from 'smol-toml';
import { expect } from 'vitest';
import { countListening } from './harness/listening.ts';
import type { Rathole } from './harness/rathole.ts';
import { type Services, test } from './harness/site.ts';
import { Train } from './harness/train.ts';
import { until } from './harness/until.ts';
import { visit } from './harness/visit.ts';

const COUNT = 1000;
const FIRST = 10_000;
const MIB = 1024;

const many = (token: string, changed = COUNT): Services =>
  Object.fromEntries(
    Array.from({ length: COUNT }, (_, i) => {
      return [`s${i}`, { port: FIRST + i, token: i < changed ? token : 'first' }] as const;
    }),
  );

const descriptors = ({ pid }: Rathole): number => readdirSync(`/proc/${pid}/fd`).length;
const memoryMiB = ({ pid }: Rathole): number =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / MIB;

const TRANSPORTS: Readonly<Record<string, TomlTable>> = {
  tcp: {},
  websocket: { transport: { type: 'websocket', websocket: { tls: false } } },
};

test.for(Object.keys(TRANSPORTS))('1,000 services over %s', { timeout: 90_000 }, async (name, { site }) => {
  const over = TRANSPORTS[name] ?? {};
  await site.tcpTarget();
  const server = await site.server(site.serverConfig(many('first'), over));
  const client = await site.client(site.clientConfig(many('first'), over));
  const allListen = (ms: number) =>
    until(
      () => countListening(site.host, FIRST) === COUNT,
      ms,
      () => `${countListening(site.host, FIRST)} listeners`,
    );
  expect(await allListen(30_000)).toBeLessThan(20_000);

  // 8 pooled data channels and the control channel on each side, and the listener on the server's.
  await until(
    () => descriptors(server) >= COUNT * 10 && descriptors(client) >= COUNT * 9,
    20_000,
    () => `${descriptors(server)} and ${descriptors(client)} descriptors`,
  );
  expect(descriptors(server)).toBeLessThan(COUNT * 10.2);
  expect(descriptors(client)).toBeLessThan(COUNT * 9.2);
  expect(memoryMiB(server)).toBeLessThan(500);
  expect(memoryMiB(client)).toBeLessThan(500);

  const bystander = new Train(site.at(FIRST + 500));
  server.rewrite(site.serverConfig(many('second', 1), over));
  client.rewrite(site.clientConfig(many('second', 1), over));
  await server.logged('Control channel established service=s0\n', 2);
  await until(
    async () => (await visit(site.at(FIRST))) === 'ok',
    5000,
    () => server.log.slice(-2000),
  );
  expect(await bystander.stop()).toMatchObject({ failed: 0 });

  const train = new Train(site.at(FIRST + 500));
  server.rewrite(site.serverConfig(many('third'), over));
  client.rewrite(site.clientConfig(many('third'), over));
  await server.logged('Control channel established', 2 * COUNT + 1, 30_000);
  await allListen(10_000);
  for (const port of [FIRST + 500, FIRST + 999]) {
    await until(
      async () => (await visit(site.at(port))) === 'ok',
      10_000,
      () => `an answer through ${port}`,
    );
  }
  await sleep(500);
  expect((await train.stop()).longestGap).toBeLessThan(20_000);
});
