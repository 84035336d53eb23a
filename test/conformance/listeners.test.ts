import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect } from 'vitest';
import { test } from './harness/site.ts';
import { visit, visitInTurn } from './harness/visit.ts';

const PORT = 5000;
const SERVICES = { 'web.g1': { port: PORT, token: 'right' } };

describe.concurrent('a listener is proof of a login', () => {
  test('none before a client came, none for a wrong token, one soon after the right one', async ({
    site,
  }) => {
    const server = await site.server(site.serverConfig(SERVICES));
    await sleep(300);
    expect(site.isListening(PORT)).toBe(false);
    const client = await site.client(site.clientConfig({ 'web.g1': { port: PORT, token: 'wrong' } }));
    await server.logged('Service web.g1 failed the authentication', 2);
    expect(site.isListening(PORT)).toBe(false);
    await client.reload(site.clientConfig(SERVICES));
    expect(await site.listening(PORT)).toBeLessThan(2000);
  });

  test('a killed client leaves its listener; three visitors are turned away at once, the third closes it', async ({
    site,
  }) => {
    await site.tcpTarget();
    await site.server(site.serverConfig(SERVICES));
    const client = await site.client(site.clientConfig(SERVICES));
    await site.listening(PORT);
    await sleep(300);
    await client.stop();
    await sleep(1500);
    expect(site.isListening(PORT)).toBe(true);
    const start = performance.now();
    expect(await visitInTurn(site.at(PORT), 5)).toEqual(['cut', 'cut', 'cut', 'refused', 'refused']);
    // Five pauses of 30 ms, and no hang of seconds.
    expect(performance.now() - start).toBeLessThan(2900);
  });

  test('heartbeats alone never close the listener of a killed client', async ({ site }) => {
    const server = await site.server(site.serverConfig(SERVICES, { heartbeat_interval: 1 }));
    const client = await site.client(site.clientConfig(SERVICES));
    await site.listening(PORT);
    await client.stop();
    await server.logged('Control channel shutdown');
    await sleep(1500);
    expect(site.isListening(PORT)).toBe(true);
    const outcomes = await visitInTurn(site.at(PORT), 4);
    expect(outcomes).not.toContain('silent');
    expect(outcomes.at(-1)).toBe('refused');
  });

  test('with a frozen client every visitor hangs and the server notices nothing', async ({ site }) => {
    await site.tcpTarget();
    const server = await site.server(site.serverConfig(SERVICES, { heartbeat_interval: 1 }));
    const client = await site.client(site.clientConfig(SERVICES));
    await site.listening(PORT);
    await sleep(300);
    client.signal('SIGSTOP');
    const lines = server.log;
    const visits = await Promise.all(Array.from({ length: 12 }, () => visit(site.at(PORT), 3000)));
    expect(new Set(visits)).toEqual(new Set(['silent']));
    expect(site.isListening(PORT)).toBe(true);
    expect(server.log).toBe(lines);
    client.signal('SIGCONT');
    expect(await visit(site.at(PORT))).toBe('ok');
  });
});
