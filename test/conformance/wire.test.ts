import { createConnection, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect } from 'vitest';
import { hello, Peer, sha256 } from './harness/peer.ts';
import { type Services, test } from './harness/site.ts';
import { until } from './harness/until.ts';
import { LongVisit, visitInTurn } from './harness/visit.ts';

const WEB: Services = { web: { port: 5000, token: 'secret' } };

describe.concurrent('the bytes on the wire', () => {
  test('login, eight requests for data channels, and one forwarded visitor', async ({ site }) => {
    await site.server(site.serverConfig(WEB));
    const control = await Peer.toServer(site);
    const session = await control.login('web', 'secret');
    const words = await control.hears(37 + 4 + 8 * 4);
    expect(words.subarray(0, 5)).toEqual(Buffer.of(0, 0, 0, 0, 1));
    expect(words.subarray(37)).toEqual(Buffer.alloc(9 * 4));
    await site.listening(5000);

    const data = await Peer.toServer(site);
    data.socket.write(hello(1, session));
    const visitor = createConnection({ host: site.host, port: 5000 });
    visitor.on('error', () => undefined);
    site.onClose(() => void visitor.destroy());
    visitor.write('question');
    expect(await data.hears(12)).toEqual(Buffer.concat([Buffer.alloc(4), Buffer.from('question')]));
    expect(await control.hears(37 + 10 * 4)).toHaveLength(37 + 10 * 4);
  });

  test('an unknown service is told so after the hello, before any proof', async ({ site }) => {
    await site.server(site.serverConfig(WEB));
    const peer = await Peer.toServer(site);
    peer.socket.write(hello(0, sha256('other')));
    expect((await peer.hears(41)).subarray(37)).toEqual(Buffer.of(1, 0, 0, 0));
    await until(
      () => peer.ended,
      2000,
      () => 'the end',
    );
  });

  test('a wrong proof is answered with 2, a wrong version with nothing', async ({ site }) => {
    const server = await site.server(site.serverConfig(WEB));
    const peer = await Peer.toServer(site);
    await peer.login('web', 'guess');
    expect((await peer.hears(41)).subarray(37)).toEqual(Buffer.of(2, 0, 0, 0));
    const old = await Peer.toServer(site);
    old.socket.write(Buffer.concat([Buffer.of(0, 0, 0, 0, 0), sha256('web')]));
    await until(
      () => old.ended,
      2000,
      () => 'the end',
    );
    expect(old.heard).toHaveLength(0);
    expect(server.log).toContain('Protocol version mismatched. Expected 1, got 0');
  });

  test('a heartbeat after each interval of silence', async ({ site }) => {
    await site.server(site.serverConfig(WEB, { heartbeat_interval: 1 }));
    const control = await Peer.toServer(site);
    const start = performance.now();
    await control.login('web', 'secret');
    const quiet = 37 + 9 * 4;
    await control.hears(quiet);
    expect((await control.hears(quiet + 8)).subarray(quiet)).toEqual(Buffer.of(1, 0, 0, 0, 1, 0, 0, 0));
    expect(performance.now() - start).toBeGreaterThan(1700);
  });

  test('the longest heartbeat interval and timeout that a config can say mean never', async ({ site }) => {
    const never = 2n ** 63n - 1n;
    const more: Services = { ...WEB, other: { port: 5001, token: 'secret' } };
    await site.server(site.serverConfig(more, { heartbeat_interval: never }));
    const client = await site.client(
      site.clientConfig(WEB, { heartbeat_timeout: never, retry_interval: never }),
    );
    await client.logged('Control channel established');
    const control = await Peer.toServer(site);
    await control.login('other', 'secret');
    await control.hears(37 + 9 * 4);
    await sleep(500);
    expect(control.heard).toHaveLength(37 + 9 * 4);
    expect(client.log).not.toContain('Retry in');
  });

  test('who proves an old token while its service goes is let in: the listener comes after all, and lasts', async ({
    site,
  }) => {
    const server = await site.server(site.serverConfig(WEB));
    const late = await Peer.toServer(site);
    late.socket.write(hello(0, sha256('web')));
    const nonce = (await late.hears(37)).subarray(5, 37);
    await server.reload(site.serverConfig({ other: { port: 5001, token: 'new' } }));
    await sleep(500);
    expect(site.isListening(5000)).toBe(false);
    late.socket.write(sha256('secret', nonce));
    const quiet = 37 + 9 * 4;
    expect((await late.hears(quiet)).subarray(37)).toEqual(Buffer.alloc(9 * 4));
    await site.listening(5000);
    await sleep(500);
    expect(site.isListening(5000)).toBe(true);
  });

  test('an idle connection that never says hello keeps the old listeners over a general restart', async ({
    site,
  }) => {
    const server = await site.server(site.serverConfig(WEB));
    const control = await Peer.toServer(site);
    await control.login('web', 'secret');
    await site.listening(5000);
    const idle = await Peer.toServer(site);
    await sleep(100);
    server.rewrite(site.serverConfig(WEB, { heartbeat_interval: 29 }));
    await server.logged('Listening at', 3);
    await sleep(500);
    expect(site.isListening(5000)).toBe(true);
    idle.socket.destroy();
    await site.listening(5000, false);
  });
});

describe.concurrent("the client's patience", () => {
  test('waits 500 ms, then three times that, up to its retry interval, each 20% more or less', async ({
    site,
  }) => {
    const times: number[] = [];
    const server = createServer((socket) => {
      times.push(performance.now());
      socket.on('error', () => undefined).destroy();
    });
    server.listen(2333, site.host);
    site.onClose(() => void server.close());
    const client = await site.client(site.clientConfig(WEB, { retry_interval: 2 }));
    await client.logged('Retry in', 4);
    const announced = [...client.log.matchAll(/Retry in ([\d.]+)(m?)s/g)].map(([, value, milli]) => {
      return Number(value) * (milli === 'm' ? 1 : 1000);
    });
    await until(
      () => times.length >= 4,
      4000,
      () => `${times.length} tries`,
    );
    for (const [index, nominal] of [500, 1500, 2000, 2000].entries()) {
      expect(announced[index]).toBeGreaterThan(nominal * 0.79);
      expect(announced[index]).toBeLessThan(nominal * 1.21);
    }
    // A stalled machine makes a wait longer, never shorter.
    const waits = times.slice(1).map((time, index) => time - (times[index] ?? time));
    for (const [index, wait] of waits.slice(0, 3).entries()) {
      expect(wait).toBeGreaterThan((announced[index] ?? 0) - 5);
    }
  });

  test('two clients with one name and token steal it from each other, and visitors fail', async ({
    site,
  }) => {
    await site.tcpTarget();
    const server = await site.server(site.serverConfig(WEB));
    await site.client(site.clientConfig(WEB));
    await site.listening(5000);
    await site.client(site.clientConfig(WEB));
    const outcomes = await visitInTurn(site.at(5000), 80, 20);
    await server.logged('Dropping previous control channel for service web', 3);
    expect(outcomes.filter((outcome) => outcome === 'ok').length).toBeGreaterThan(20);
  });

  test('a connection outlives the control channel it came by', async ({ site }) => {
    await site.tcpTarget();
    await site.server(site.serverConfig(WEB));
    await site.client(site.clientConfig(WEB));
    await site.listening(5000);
    const long = await LongVisit.open(site.at(5000));
    const thief = await Peer.toServer(site);
    await thief.login('web', 'secret');
    await thief.hears(41);
    expect(await long.answers()).toBe(true);
    long.close();
  });
});
