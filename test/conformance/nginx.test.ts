import { createHash } from 'node:crypto';
import { mkdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect } from 'vitest';
import { httpProxy, Nginx } from './harness/nginx.ts';
import { type Services, type Site, test } from './harness/site.ts';
import { PUBLIC, SLOT_A, Slots, twoSlots } from './harness/slots.ts';
import { until } from './harness/until.ts';
import { LongVisit, visit, visitInTurn } from './harness/visit.ts';

describe.concurrent('what nginx does to a tunnel', () => {
  const OVER_NGINX = { transport: { type: 'websocket', websocket: { tls: false } } };
  const WEB: Services = { web: { port: 5000, token: 't' } };
  const HTTP = 7080;
  const clientOver = (site: Site, services: Services) => {
    const { client } = site.clientConfig(services, OVER_NGINX);
    return { client: { ...(client as object), remote_addr: `${site.host}:${HTTP}` } };
  };

  test('proxy_read_timeout kills the idle pool: eight visitors fail, the next eight are fine', async ({
    site,
  }) => {
    await Nginx.start(site, { blocks: httpProxy(site, HTTP, 'proxy_read_timeout 2s;') });
    await site.tcpTarget();
    await site.server(site.serverConfig(WEB, { ...OVER_NGINX, heartbeat_interval: 1 }));
    await site.client(clientOver(site, WEB));
    await site.listening(5000);
    await sleep(3500);
    const outcomes = await visitInTurn(site.at(5000), 16);
    expect(outcomes).toEqual([...Array(8).fill('cut'), ...Array(8).fill('ok')]);
  });

  test("stream's proxy_timeout cuts an idle forwarded connection", async ({ site }) => {
    await Nginx.start(site, { blocks: twoSlots(site, 'max_fails=0', '', 'proxy_timeout 1s;') });
    await site.tcpTarget();
    await Slots.start(site, 'tcp');
    const begun = performance.now();
    const long = await LongVisit.open(site.at(PUBLIC));
    await until(
      () => !long.open,
      20_000,
      () => 'the connection is open',
    );
    expect(performance.now() - begun).toBeGreaterThan(1000);
  });

  test('too few worker_connections: the client aborts, again and again', async ({ site }) => {
    await Nginx.start(site, { blocks: httpProxy(site, HTTP), workerConnections: 64 });
    const six = Object.fromEntries([0, 1, 2, 3, 4, 5].map((i) => [`s${i}`, { port: 5000 + i, token: 't' }]));
    await site.server(site.serverConfig(six, OVER_NGINX));
    for (let turn = 0; turn < 2; turn += 1) {
      const client = site.start('client', clientOver(site, six));
      expect(await client.exited).toEqual({ code: null, signal: 'SIGABRT' });
    }
  });

  test('a service costs 18 connections, and 36 while two generations are up', async ({ site }) => {
    const nginx = await Nginx.start(site, { blocks: httpProxy(site, HTTP) });
    const bare = await nginx.settledSockets();
    const staged: Services = { ...WEB, next: { port: 5001, token: 'u' } };
    const server = await site.server(site.serverConfig(WEB, OVER_NGINX));
    const client = await site.client(clientOver(site, WEB));
    await site.listening(5000);
    expect((await nginx.settledSockets()) - bare).toBe(18);
    await server.reload(site.serverConfig(staged, OVER_NGINX));
    await client.reload(clientOver(site, staged));
    await site.listening(5001);
    expect((await nginx.settledSockets()) - bare).toBe(36);
  });

  test('a generation that is gone is asked for once a second until the client forgets it', async ({
    site,
  }) => {
    const GONE = 'No such a service';
    const server = await site.server(site.serverConfig({}));
    const client = await site.client(site.clientConfig(WEB));
    await server.logged(GONE, 2);
    const before = server.count(GONE);
    await sleep(3000);
    const asked = server.count(GONE) - before;
    expect(asked).toBeGreaterThanOrEqual(2);
    expect(asked).toBeLessThanOrEqual(4);
    await client.reload(site.clientConfig({}));
    await sleep(1500);
    const after = server.count(GONE);
    await sleep(1500);
    expect(server.count(GONE)).toBe(after);
  });
});

describe.concurrent('nginx by itself', () => {
  test('a used listen address: the test passes, the reload succeeds, and the old config serves on', async ({
    site,
  }) => {
    await site.tcpTarget(7001);
    await site.tcpTarget(SLOT_A);
    const good = { blocks: twoSlots(site, 'max_fails=0') };
    const nginx = await Nginx.start(site, good);
    const more = `server { listen ${site.host}:7001; return x; }`;
    const { test, reload } = nginx.reload({ blocks: good.blocks.replace(/\}\s*$/, `${more} }`) });
    expect([test.status, reload.status]).toEqual([0, 0]);
    await sleep(3500);
    expect(nginx.errors.match(/\[emerg\]/g)?.length).toBeGreaterThanOrEqual(5);
    expect(await visit(site.at(PUBLIC))).toBe('ok');
  });

  test('the ETag knows only the second and the size', async ({ site }) => {
    const root = join(site.folder, 'root');
    mkdirSync(root);
    const file = join(root, 'file');
    const blocks = `http { access_log off; server { listen ${site.host}:7080; root ${root}; } }`;
    await Nginx.start(site, { blocks });
    const ask = (tag: string) =>
      fetch(`http://${site.host}:7080/file`, { headers: { 'If-None-Match': tag } });
    const write = (text: string, second: number) => {
      writeFileSync(file, text);
      utimesSync(file, second, second);
    };
    const second = Math.floor(statSync(root).mtimeMs / 1000);
    write('token-1', second);
    const tag = (await ask('')).headers.get('etag') ?? '';
    write('token-2', second);
    expect((await ask(tag)).status).toBe(304);
    write('token-2', second + 1);
    expect(await (await ask(tag)).text()).toBe('token-2');
  });

  test('a key of 64 hex digits overflows the default bucket of a map, one of 32 fits', async ({ site }) => {
    const digits = createHash('sha256').update('key').digest('hex');
    const map = (key: string) => ({
      blocks: `http { map $http_x_api_key $client { default ""; "${key}" one; } server { listen ${site.host}:7080; } }`,
    });
    const long = Nginx.check(site, map(digits));
    expect(long.status).toBe(1);
    expect(long.output).toContain('map_hash_bucket_size');
    expect(Nginx.check(site, map(digits.slice(0, 32))).status).toBe(0);
  });
});
