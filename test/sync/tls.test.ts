import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Authority, type Leaf, makeAuthority } from './support/certificates.ts';
import { makeClient } from './support/client.ts';
import { clientToml, syncConf } from './support/files.ts';
import { gives, startHostile } from './support/hostile.ts';
import { VARIANTS, type Variant } from './support/variants.ts';

const OLD = clientToml('old');
const NEW = clientToml('new');

let folder: string;
let ours: Authority;
let theirs: Authority;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'reconcile-ca-'));
  ours = makeAuthority(mkdtempSync(join(folder, 'ours-')));
  theirs = makeAuthority(mkdtempSync(join(folder, 'theirs-')));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Where wget does not tell what curl tells, their exit statuses differ. */
type Statuses = Readonly<Record<Variant['tool'], number>>;
const BOTH = (status: number): Statuses => ({ curl: status, wget: status });

/** Runs each variant against `url` and expects that nothing moves. */
async function expectRefused(url: string, statuses: Statuses, log: RegExp): Promise<void> {
  await Promise.all(
    VARIANTS.map(async (variant) => {
      const client = makeClient(variant, url, ours.caFile);
      client.write('client.toml', OLD, 0o640);
      const { '.': _before, ...before } = client.state();
      const run = await client.run();
      expect({ variant, ...run }).toEqual({
        variant,
        status: statuses[variant.tool],
        log: expect.stringMatching(log),
      });
      const { '.': _after, ...after } = client.state();
      expect(after).toEqual(before);
      client.remove();
    }),
  );
}

const LEAVES: readonly (readonly [string, () => Leaf, RegExp])[] = [
  ['of another authority', () => theirs.good, /certificate or TLS is refused/],
  ['for another name', () => ours.otherName, /certificate or TLS is refused/],
  [
    'not valid yet by a wrong clock',
    () => ours.notYetValid,
    /not valid yet by this machine's clock, .*is it right/,
  ],
  ['that has expired', () => ours.expired, /has expired by this machine's clock, .*is it right/],
];

test.each(LEAVES)('a certificate %s is refused before the key is sent', async (_name, leaf, log) => {
  const server = await startHostile(leaf());
  server.answers = { 'sync.conf': gives(syncConf(server.url, NEW)), 'client.toml': gives(NEW) };
  await expectRefused(server.url, BOTH(4), log);
  expect(server.asked).toEqual([]);
  await server.close();
});

/** A TCP server on loopback that does one thing with each connection. */
async function listen(onConnection: Parameters<typeof createServer>[1]): Promise<[Server, string]> {
  const server = createServer({}, onConnection);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return [server, `https://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`];
}

test('plain HTTP where TLS should be', async () => {
  const [server, url] = await listen((socket) => {
    socket.on('error', () => undefined);
    socket.end('HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok');
  });
  await expectRefused(url, BOTH(4), /TLS/);
  server.close();
});

test('a handshake that never ends', async () => {
  const [server, url] = await listen((socket) => socket.on('error', () => undefined));
  await expectRefused(
    url,
    { curl: 3, wget: 4 },
    /not reached: the server took too long|TLS with the server fails/,
  );
  server.close();
});

test('nobody listens', async () => {
  const [server, url] = await listen(() => undefined);
  await new Promise((resolve) => server.close(resolve));
  await expectRefused(url, BOTH(3), /not reached \((curl says 7|wget says 4)\)/);
});
