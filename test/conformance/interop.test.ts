import { setTimeout as sleep } from 'node:timers/promises';
import type { TomlTable } from 'smol-toml';
import { describe, expect } from 'vitest';
import { PAIRINGS, type Pairing } from './harness/programs.ts';
import { type Services, type Site, test } from './harness/site.ts';
import { udpFlow } from './harness/targets.ts';
import { until } from './harness/until.ts';
import { bulk, LongVisit, visit, visitInTurn } from './harness/visit.ts';

const TRANSPORTS: Readonly<Record<string, TomlTable>> = {
  tcp: {},
  websocket: { transport: { type: 'websocket', websocket: { tls: false } } },
};
const CASES = PAIRINGS.flatMap((pairing) =>
  Object.keys(TRANSPORTS).map((name) => ({ pairing, transport: name })),
);

const WEB: Services = { 'web.g1': { port: 5000, token: 'tök€n' } };
const DNS: Services = { dns: { port: 5001, token: 'u', type: 'udp' } };

async function tunnel(
  site: Site,
  { server, client }: Pairing,
  transport: string,
  services: Services,
  more: TomlTable = {},
) {
  const over = TRANSPORTS[transport] ?? {};
  await site.tcpTarget();
  const far = await site.server(site.serverConfig(services, { ...over, ...more }), server);
  const near = await site.client(site.clientConfig(services, over), client);
  await far.logged('Control channel established', Object.keys(services).length);
  await far.logged('Listening at', 1 + Object.keys(services).length);
  return { far, near, over };
}

describe.concurrent.each(CASES)('$pairing.name over $transport', ({ pairing, transport }) => {
  test('carries many visitors at once, and a megabyte both ways unharmed', async ({ site }) => {
    await tunnel(site, pairing, transport, WEB);
    const outcomes = await Promise.all(Array.from({ length: 40 }, () => visit(site.at(5000))));
    expect(new Set(outcomes)).toEqual(new Set(['ok']));
    const sent = Buffer.from(Uint8Array.from({ length: 1_000_000 }, (_, i) => (i * 31 + (i >> 8)) % 256));
    expect((await bulk(site.at(5000), sent)).equals(sent)).toBe(true);
  });

  test('carries datagrams of several visitors, and cuts those over 2048 bytes', async ({ site }) => {
    await site.udpTarget();
    await tunnel(site, pairing, transport, DNS);
    const flows = await Promise.all([1, 2, 3].map(() => udpFlow(site.at(5001), 40)));
    for (const heard of flows) expect(heard).toHaveLength(40);
    const [long = ''] = await udpFlow(site.at(5001), 1, 5, 'x'.repeat(3000));
    expect(long).toHaveLength(2048);
  });

  test('rotates a generation without a failure, and open connections survive', async ({ site }) => {
    const { far, near, over } = await tunnel(site, pairing, transport, WEB);
    const open = await LongVisit.open(site.at(5000));
    const next: Services = { 'web.g2': { port: 5002, token: 'other' } };
    far.rewrite(site.serverConfig({ ...WEB, ...next }, over));
    near.rewrite(site.clientConfig({ ...WEB, ...next }, over));
    await site.listening(5002);
    far.rewrite(site.serverConfig(next, over));
    near.rewrite(site.clientConfig(next, over));
    await site.listening(5000, false);
    expect(await visit(site.at(5002))).toBe('ok');
    expect(await open.answers()).toBe(true);
    open.close();
  });

  test('refuses a wrong token and an unknown service with the right word', async ({ site }) => {
    const over = TRANSPORTS[transport] ?? {};
    const far = await site.server(site.serverConfig(WEB, over), pairing.server);
    const odd: Services = { 'web.g1': { port: 5000, token: 'wrong' }, unknown: { port: 5001, token: 't' } };
    const near = await site.client(site.clientConfig(odd, over), pairing.client);
    await far.logged('Service web.g1 failed the authentication');
    await far.logged('No such a service');
    await near.logged('Authentication failed: web.g1: Incorrect token');
    await near.logged('Authentication failed: unknown: Service not exist');
  });

  test('a killed client leaves a listener for three visitors; a new client takes it over', async ({
    site,
  }) => {
    const { near, over } = await tunnel(site, pairing, transport, WEB);
    await sleep(300);
    await near.stop();
    expect(await visitInTurn(site.at(5000), 4)).toEqual(['cut', 'cut', 'cut', 'refused']);
    await site.client(site.clientConfig(WEB, over), pairing.client);
    await site.listening(5000);
    expect(await visit(site.at(5000))).toBe('ok');
  });

  test('gives up a silent server after the heartbeat timeout, and comes back', async ({ site }) => {
    const over = TRANSPORTS[transport] ?? {};
    await site.tcpTarget();
    const far = await site.server(site.serverConfig(WEB, { ...over, heartbeat_interval: 1 }), pairing.server);
    const near = await site.client(site.clientConfig(WEB, { ...over, heartbeat_timeout: 2 }), pairing.client);
    await site.listening(5000);
    await sleep(2500);
    expect(near.count('Heartbeat timed out')).toBe(0);
    far.signal('SIGSTOP');
    await near.logged('Heartbeat timed out');
    far.signal('SIGCONT');
    await near.logged('Control channel established', 2);
    await until(
      async () => (await visit(site.at(5000))) === 'ok',
      3000,
      () => near.log,
    );
  });
});

describe.each(PAIRINGS)('$name', (pairing) => {
  test('carries datagrams of an IPv6 visitor', async ({ site }) => {
    await site.udpTarget();
    const port = 20_000 + (process.pid % 20_000);
    const far = await site.server(
      {
        server: {
          bind_addr: `${site.host}:2333`,
          services: { dns: { type: 'udp', bind_addr: `[::1]:${port}`, token: 'u' } },
        },
      },
      pairing.server,
    );
    await site
      .client(site.clientConfig(DNS), pairing.client)
      .then(() => far.logged('Control channel established'));
    await far.logged('Listening at', 2);
    await far.logged(`[::1]:${port}`);
    expect(await udpFlow({ host: '::1', port }, 10)).toHaveLength(10);
  });
});
