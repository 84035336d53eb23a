import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect } from 'vitest';
import type { Rathole } from './harness/rathole.ts';
import { type Services, type Site, test } from './harness/site.ts';
import { Train } from './harness/train.ts';
import { LongVisit, visit } from './harness/visit.ts';

const PORT = 5000;
const OTHER = 5001;
const services = (token: string, more: Services = {}): Services => ({ web: { port: PORT, token }, ...more });
const BYSTANDER: Services = { other: { port: OTHER, token: 'same' } };

interface Tunnel {
  readonly server: Rathole;
  readonly client: Rathole;
}

async function tunnel(site: Site, plan: Services): Promise<Tunnel> {
  await site.tcpTarget();
  const server = await site.server(site.serverConfig(plan));
  const client = await site.client(site.clientConfig(plan));
  for (const { port } of Object.values(plan)) await site.listening(port);
  return { server, client };
}

const openSome = (site: Site, count = 5): Promise<LongVisit[]> =>
  Promise.all(Array.from({ length: count }, () => LongVisit.open(site.at(PORT))));

async function surviving(visits: readonly LongVisit[]): Promise<number> {
  const answers = await Promise.all(visits.map((visit) => visit.answers()));
  for (const visit of visits) visit.close();
  return answers.filter(Boolean).length;
}

describe.concurrent('a token change in place', () => {
  test('a token that the server does not have takes the tunnel down until the server has it', async ({
    site,
  }) => {
    const { server, client } = await tunnel(site, services('old', BYSTANDER));
    const open = await openSome(site);
    const bystander = new Train(site.at(OTHER));
    client.rewrite(site.clientConfig(services('new', BYSTANDER)));
    await client.logged('Authentication failed');
    const train = new Train(site.at(PORT));
    await client.logged('Authentication failed', 4);
    const { total, failed } = await train.stop();
    // The first two still get a data channel that was waiting.
    expect(total - failed).toBeLessThanOrEqual(2);
    expect(failed).toBeGreaterThan(50);
    server.rewrite(site.serverConfig(services('new', BYSTANDER)));
    expect(await site.listening(PORT)).toBeLessThan(3000);
    expect(await visit(site.at(PORT))).toBe('ok');
    expect(await surviving(open)).toBe(5);
    expect(await bystander.stop()).toMatchObject({ failed: 0 });
  });

  test('the server first and the client at once: a gap of a few probes, open connections survive', async ({
    site,
  }) => {
    const { server, client } = await tunnel(site, services('t0', BYSTANDER));
    const bystander = new Train(site.at(OTHER));
    const open = await openSome(site);
    const gaps: number[] = [];
    for (let turn = 1; turn <= 5; turn += 1) {
      const train = new Train(site.at(PORT), 10);
      await sleep(200);
      server.rewrite(site.serverConfig(services(`t${turn}`, BYSTANDER)));
      // What was read has not been obeyed yet: "Rescan the configuration" comes before.
      await server.logged('Control channel shutdown', turn);
      client.rewrite(site.clientConfig(services(`t${turn}`, BYSTANDER)));
      await server.logged('Control channel established service=web', turn + 1);
      await sleep(200);
      gaps.push((await train.stop()).longestGap);
    }
    // A login that comes too early is refused and costs a backoff: the exception here.
    expect(client.count('Authentication failed')).toBeLessThanOrEqual(2);
    expect(Math.min(...gaps)).toBeLessThan(200);
    expect(await surviving(open)).toBe(5);
    expect(await bystander.stop()).toMatchObject({ failed: 0 });
  });

  test('the client n seconds later: a gap of n seconds', async ({ site }) => {
    const { server, client } = await tunnel(site, services('old'));
    const train = new Train(site.at(PORT));
    await train.served;
    await server.reload(site.serverConfig(services('new')));
    await sleep(1000);
    await client.reload(site.clientConfig(services('new')));
    await sleep(300);
    const { longestGap } = await train.stop();
    expect(longestGap).toBeGreaterThan(950);
    expect(longestGap).toBeLessThan(3000);
  });

  test('the client first: a gap of one backoff', async ({ site }) => {
    const { server, client } = await tunnel(site, services('old'));
    const train = new Train(site.at(PORT));
    await train.served;
    client.rewrite(site.clientConfig(services('new')));
    await server.logged('Service web failed the authentication');
    server.rewrite(site.serverConfig(services('new')));
    await sleep(1500);
    const { longestGap } = await train.stop();
    // Less than the backoff: the data channels that were ready serve on for a moment. Server first takes 60 ms.
    expect(longestGap).toBeGreaterThan(200);
    expect(longestGap).toBeLessThan(2500);
  });
});

describe.concurrent('what a reload and a restart interrupt', () => {
  test('a restarted server is gone for all services for one backoff, and every open connection dies', async ({
    site,
  }) => {
    const plan = services('same', BYSTANDER);
    const { server } = await tunnel(site, plan);
    const open = await openSome(site);
    const trains = [new Train(site.at(PORT)), new Train(site.at(OTHER))];
    await Promise.all(trains.map(({ served }) => served));
    await server.stop();
    await site.server(site.serverConfig(plan));
    await sleep(2000);
    expect(await surviving(open)).toBe(0);
    for (const train of trains) {
      const { longestGap } = await train.stop();
      expect(longestGap).toBeGreaterThan(350);
      expect(longestGap).toBeLessThan(2500);
    }
  });

  test('a service more on both sides disturbs nobody and is up at once', async ({ site }) => {
    const { server, client } = await tunnel(site, services('same'));
    const train = new Train(site.at(PORT));
    await sleep(200);
    await server.reload(site.serverConfig(services('same', BYSTANDER)));
    client.rewrite(site.clientConfig(services('same', BYSTANDER)));
    expect(await site.listening(OTHER)).toBeLessThan(2000);
    expect(await visit(site.at(OTHER))).toBe('ok');
    expect(await train.stop()).toMatchObject({ failed: 0 });
  });

  test('a deleted service stops listening, but connections through it live on', async ({ site }) => {
    const { server, client } = await tunnel(site, services('same', BYSTANDER));
    const open = await openSome(site, 10);
    server.rewrite(site.serverConfig(BYSTANDER));
    expect(await site.listening(PORT, false)).toBeLessThan(2000);
    await client.reload(site.clientConfig(BYSTANDER));
    await sleep(300);
    expect(await surviving(open)).toBe(10);
    expect(await visit(site.at(PORT))).toBe('refused');
  });

  test('two services with one address: both log in, the second binds when the first is gone', async ({
    site,
  }) => {
    const both = { web: { port: PORT, token: 'a' }, twin: { port: PORT, token: 'b' } };
    const { server, client } = await tunnel(site, both);
    await server.logged('Control channel established', 2);
    await server.logged('Address already in use', 3);
    const loser = /service=(web|twin)\}[^\n]*Address already in use/.exec(server.log)?.[1];
    const left: Services = loser === 'web' ? { web: both.web } : { twin: both.twin };
    const train = new Train(site.at(PORT));
    await train.served;
    server.rewrite(site.serverConfig(left));
    client.rewrite(site.clientConfig(left));
    await sleep(2500);
    const { longestGap } = await train.stop();
    expect(longestGap).toBeLessThan(2200);
    expect(await visit(site.at(PORT))).toBe('ok');
  });

  test.for([
    ['heartbeat_interval', { heartbeat_interval: 29 }],
    ['default_token', { default_token: 'unused' }],
    ['a table that the transport does not use', { transport: { type: 'tcp', noise: {} } }],
  ] as const)('a change of %s restarts all services inside the process', async ([, more], { site }) => {
    const plan = services('same', BYSTANDER);
    const { server } = await tunnel(site, plan);
    const open = await openSome(site);
    const train = new Train(site.at(OTHER));
    await train.served;
    server.rewrite(site.serverConfig(plan, more));
    await server.logged('General configuration change detected');
    await sleep(1500);
    const { longestGap } = await train.stop();
    // Less than the backoff: the data channels that were ready serve on for a moment. Server first takes 60 ms.
    expect(longestGap).toBeGreaterThan(200);
    expect(longestGap).toBeLessThan(2500);
    expect(await surviving(open)).toBe(5);
  });
});
