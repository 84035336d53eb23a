import { createSocket } from 'node:dgram';
import { createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { probeConnects } from './connects.ts';
import { probeFlows } from './flows.ts';
import { probeHolds } from './holds.ts';
import { Run } from './pace.ts';
import type { ConnectPlan } from './report.ts';

const HOST = '127.0.0.1';
const EVERY = 20;

/** A TCP server on a free loopback port that does this to each visitor. */
async function serve(visit: (socket: Socket) => void) {
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on('error', () => socket.destroy());
    visit(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, HOST, resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const close = async () => {
    for (const socket of open) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  };
  return { port: address.port, close, [Symbol.asyncDispose]: close };
}

const probe = (port: number, plan: Partial<ConnectPlan> = {}) =>
  probeConnects(
    { name: 'x', kind: 'http', host: HOST, port, every: EVERY, timeout: 150, ...plan },
    new Run(0.2),
  );

const answer = (text: string) => (socket: Socket) => socket.once('data', () => socket.write(text));
const page = (status: string, body: string) =>
  `HTTP/1.1 ${status}\r\nContent-Length: ${body.length}\r\n\r\n${body}`;

test.each([
  ['reset', (socket: Socket) => socket.once('data', () => socket.resetAndDestroy())],
  ['eof', (socket: Socket) => socket.once('data', () => socket.end(page('200 OK', 'desktop').slice(0, -1)))],
  ['timeout', (socket: Socket) => socket.resume()],
  ['wrong', answer(page('502 Bad Gateway', 'desktop'))],
  ['wrong', answer(page('200 OK', 'attic'))],
] as const)('a visitor that meets %s is counted so', async (kind, visit) => {
  await using server = await serve(visit);
  const report = await probe(server.port, { expect: 'desktop$' });
  expect(report.total).toBeGreaterThan(5);
  expect(report).toMatchObject({ failed: report.total, p50Ms: null });
  expect(report.failedBy[kind]).toBe(report.total);
});

test('a closed port is refused', async () => {
  const server = await serve((socket) => socket.resume());
  await server.close();
  const report = await probe(server.port);
  expect(report.failedBy['refused']).toBe(report.total);
});

test('right answers, also in parts, are no failures', async () => {
  await using http = await serve((socket) => {
    socket.once('data', async () => {
      for (const part of page('200 OK', 'desktop').match(/.{1,9}/gs) ?? []) {
        socket.write(part);
        await sleep(1);
      }
    });
  });
  await using banner = await serve((socket) => socket.write('SSH-2.0-OpenSSH_9.2p1\r\n'));
  await using echo = await serve((socket) => socket.pipe(socket));
  expect(await probe(http.port, { expect: 'desktop$' })).toMatchObject({ failed: 0 });
  expect(await probe(banner.port, { kind: 'banner', expect: '^SSH-2.0' })).toMatchObject({ failed: 0 });
  expect(await probe(echo.port, { kind: 'echo' })).toMatchObject({ failed: 0 });
  expect(await probe(banner.port, { kind: 'banner', count: 3 })).toMatchObject({ total: 3, failed: 0 });
});

test('an outage is a gap as long as it lasted', async () => {
  let down = false;
  await using server = await serve((socket) => (down ? socket.resetAndDestroy() : socket.pipe(socket)));
  const probing = probeConnects(
    { name: 'x', kind: 'echo', host: HOST, port: server.port, every: EVERY },
    new Run(1),
  );
  await sleep(300);
  down = true;
  await sleep(400);
  down = false;
  const report = await probing;
  expect(report.longestGapMs).toBeGreaterThan(370);
  expect(report.longestGapMs).toBeLessThan(600);
  expect(report.failedBy['reset']).toBe(report.failed);
});

test('the first probe begins before anybody waits', () => {
  const begun: number[] = [];
  void new Run(1).pace(EVERY, () => begun.push(1), 1);
  expect(begun).toEqual([1]);
});

const hold = (port: number, { seconds = 0.3, every = EVERY } = {}) =>
  probeHolds({ name: 'x', host: HOST, port, every, connections: 3 }, new Run(seconds));

test('connections that stay open and echo all survive', async () => {
  await using server = await serve((socket) => socket.pipe(socket));
  const report = await hold(server.port);
  expect(report).toMatchObject({ opened: 3, survived: 3, ended: [] });
  expect(report.bytes).toBeGreaterThan(100);
});

test.each([
  ['eof', (socket: Socket) => setTimeout(() => socket.end(), 100)],
  ['reset', (socket: Socket) => setTimeout(() => socket.resetAndDestroy(), 100)],
  ['wrong', (socket: Socket) => setTimeout(() => socket.write('surprise'), 100)],
  ['timeout', (socket: Socket) => setTimeout(() => socket.unpipe(socket), 100)],
] as const)('a live connection that meets %s ended, and is said when', async (how, harm) => {
  await using server = await serve((socket) => {
    socket.pipe(socket);
    harm(socket);
  });
  // Long enough that the harm comes within the run on a busy machine, too; and between two writes: one that meets the
  // reset takes the error with it, and an end is read.
  const report = await hold(server.port, { seconds: 1, every: 400 });
  expect(report).toMatchObject({ opened: 3, survived: 0, ended: [{ how }, { how }, { how }] });
  expect(report.ended[0]?.atMs).toBeGreaterThan(80);
});

test('a connection that is refused is not one that opened', async () => {
  const server = await serve((socket) => socket.resume());
  await server.close();
  const refused = { how: 'refused' };
  expect(await hold(server.port)).toMatchObject({
    ...{ opened: 0, survived: 0, bytes: 0, ended: [refused, refused, refused] },
  });
});

test('a run that stops at once keeps what opened, and writes nothing', async () => {
  await using server = await serve((socket) => socket.pipe(socket));
  const run = new Run(1);
  run.stop();
  const plan = { name: 'x', host: HOST, port: server.port, every: EVERY, connections: 3 };
  expect(await probeHolds(plan, run)).toEqual({ opened: 3, survived: 3, bytes: 0, ended: [] });
});

test('lost datagrams, and a sender that the target sees change, are counted', async () => {
  const target = createSocket('udp4');
  target.on('message', (message, { port }) => {
    const serial = Number(message.toString());
    if (serial % 5 === 0) return;
    target.send(JSON.stringify({ serial, from: serial < 8 ? 'a:1' : 'a:2' }), port, HOST);
  });
  await new Promise<void>((resolve) => target.bind(0, HOST, resolve));
  const plan = { name: 'x', host: HOST, port: target.address().port, every: EVERY, flows: 1 };
  const report = await probeFlows(plan, new Run(0.39));
  target.close();
  expect(report.sent).toBeGreaterThan(15);
  expect(report.lost).toBe(Math.ceil(report.sent / 5));
  expect(report.sourceChanges).toBe(1);
});

test.concurrent.each([
  ['nothing, as nginx sends it for a target that is gone', ''],
  ['no JSON', 'pong'],
  ['null', 'null'],
  ['no sender', '{"serial":0}'],
  ['a sender that is no text', '{"serial":0,"from":1}'],
  ['a serial that is no number', '{"serial":"0","from":"a:1"}'],
  ['a serial that was never sent', '{"serial":-1,"from":"a:1"}'],
])('a datagram with %s is no answer', async (_, text) => {
  const target = createSocket('udp4');
  target.on('message', (_, { port }) => target.send(text, port, HOST));
  await new Promise<void>((resolve) => target.bind(0, HOST, resolve));
  const plan = { name: 'x', host: HOST, port: target.address().port, every: EVERY, flows: 1 };
  const report = await probeFlows(plan, new Run(0.1));
  target.close();
  expect(report.sent).toBeGreaterThan(3);
  expect(report).toMatchObject({ lost: report.sent, sourceChanges: 0 });
});
