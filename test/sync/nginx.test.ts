import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { httpConfig } from '../../src/artifacts/nginx-http.ts';
import { DECOY_ANSWER } from '../../src/artifacts/pull/nginx.ts';
import { type Authority, makeAuthority } from './support/certificates.ts';
import { type Client, makeClient } from './support/client.ts';
import { clientToml, KEY, NEXT_KEY, sealed, syncConf } from './support/files.ts';
import { type Nginx, SERVER, startNginx } from './support/nginx.ts';
import { VARIANTS, type Variant } from './support/variants.ts';

const OTHERS_KEY = '00112233445566778899aabbccddeeff';
const RUNAWAY_KEY = 'fedcfedcfedcfedcfedcfedcfedcfedc';
const MACHINES: readonly Variant[] = [...VARIANTS, { shell: 'bash', tool: 'curl' }];
/** Each variant is a client of its own, so that none meets the limit of requests. */
const keyOf = (variant: number, successor: number) => `a${successor}b${variant}`.repeat(8);
const LOGGED = { timeout: 10_000 };
const OLD = clientToml('old');
const NEW = clientToml('new');
const OTHERS = clientToml('of the other client');

let folder: string;
let authority: Authority;
let nginx: Nginx;
let time = 1_700_000_000;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'reconcile-nginx-'));
  authority = makeAuthority(folder);
  const ofVariants = MACHINES.map((_variant, index) => [
    `client${index}`,
    [keyOf(index, 0), keyOf(index, 1)],
  ]);
  const keys = { desktop: [KEY, NEXT_KEY], attic: [OTHERS_KEY], runaway: [RUNAWAY_KEY] };
  nginx = await startNginx(folder, authority.good, { ...keys, ...Object.fromEntries(ofVariants) });
  publish('attic', OTHERS);
  publish('runaway', OTHERS);
});
afterAll(async () => {
  await nginx.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** As the host does: client.toml first, then the sync.conf that names it, each newer than all before. */
function publish(client: string, toml: string, announced: Parameters<typeof syncConf>[2] = {}): void {
  nginx.publish(client, 'client.toml', toml, ++time);
  nginx.publish(client, 'sync.conf', syncConf(nginx.url, toml, announced), ++time);
}

describe.each(MACHINES.map((variant, index) => ({ ...variant, index })))('$shell with $tool', (variant) => {
  const name = `client${variant.index}`;
  const nextKey = keyOf(variant.index, 1);
  let client: Client;
  let logged: number;
  beforeEach(() => {
    publish(name, OLD);
    client = makeClient(variant, nginx.url, authority.caFile);
    client.write('key', `header = X-Api-Key:${keyOf(variant.index, 0)}\n`);
    logged = nginx.log().length;
  });
  afterEach(() => client.remove());

  /** The requests since the test began, as nginx wrote them down: that is a moment after it has answered. */
  const requests = () =>
    nginx
      .log()
      .slice(logged)
      .map(({ client: who, key, file, status }) => `${who} ${key} ${file} ${status}`);

  test('a new client gets everything; with nothing new a poll is one request and no write', async () => {
    expect((await client.run()).status).toBe(0);
    expect(client.read('client.toml')).toBe(OLD);
    const first = [`${name} ${name}.k1 /api/v1/sync.conf 200`, `${name} ${name}.k1 /api/v1/client.toml 200`];
    await expect.poll(requests, LOGGED).toEqual(first);
    const before = client.state();
    expect(await client.run()).toEqual({ status: 0, log: '' });
    expect(client.state()).toEqual(before);
    await expect.poll(requests, LOGGED).toEqual([...first, `${name} ${name}.k1 /api/v1/sync.conf 304`]);
  });

  test('a new client.toml of the same size is taken; a changed poll interval leaves client.toml alone', async () => {
    await client.run();
    publish(name, NEW);
    expect((await client.run()).status).toBe(0);
    expect(client.read('client.toml')).toBe(NEW);
    const { 'client.toml': before } = client.state();
    publish(name, NEW, { poll: 60 });
    expect(await client.run()).toEqual({ status: 0, log: '' });
    expect(client.state()['client.toml']).toBe(before);
    expect(client.read('sync.conf')).toContain('\npoll = 60\n');
  });

  test('an edited or lost client.toml is mended though the server has nothing new', async () => {
    await client.run();
    client.write('client.toml', `${OLD}# edited\n`);
    expect((await client.run()).status).toBe(0);
    expect(client.read('client.toml')).toBe(OLD);
  });

  test('a successor of the API key is used from the next poll on', async () => {
    await client.run();
    publish(name, OLD, { key: nextKey });
    expect((await client.run()).log).toContain('new API key in place');
    await client.run();
    await expect
      .poll(() => requests().slice(-2), LOGGED)
      .toEqual([`${name} ${name}.k1 /api/v1/sync.conf 200`, `${name} ${name}.k2 /api/v1/sync.conf 304`]);
  });

  test('a key that the server does not know is "not accepted", never "nothing new"', async () => {
    await client.run();
    client.write('key', `header = X-Api-Key:${'f'.repeat(32)}\n`);
    const { '.': _before, ...before } = client.state();
    const run = await client.run();
    expect(run).toEqual({
      status: 2,
      log: expect.stringContaining('not accepted: the server shows its public face'),
    });
    const { '.': _after, ...after } = client.state();
    expect(after).toEqual(before);
  });

  test('an address that does not answer yet is asked first, and the former one as long as it must be', async () => {
    await client.run();
    nginx.publish(name, 'sync.conf', syncConf('https://127.0.0.1:1', OLD), ++time);
    expect(await client.run()).toEqual({ status: 0, log: '' });
    const stays = `https://127.0.0.1:1 does not answer as it should; staying with ${nginx.url}`;
    expect(await client.run()).toEqual({ status: 0, log: expect.stringContaining(stays) });
  });

  test('what stands above the trailer is the word of the server, and no note of a former one', async () => {
    client.write('sync.conf', sealed(`server = https://127.0.0.1:1\npoll = 300\n# from ${nginx.url}\n`));
    expect(await client.run()).toEqual({ status: 3, log: expect.not.stringContaining('staying') });
  });

  test('once the new address has answered, the former one is forgotten', async () => {
    await client.run();
    const moved = nginx.url.replace('127.0.0.1', 'localhost');
    nginx.publish(name, 'sync.conf', syncConf(moved, OLD), ++time);
    expect(await client.run()).toEqual({ status: 0, log: '' });
    expect(client.read('sync.conf')).toContain(`\n# from ${nginx.url}\n`);
    expect(await client.run()).toEqual({ status: 0, log: '' });
    expect(client.read('sync.conf')).toContain(`\n# from ${moved}\n`);
    await expect
      .poll(() => requests().slice(-1), LOGGED)
      .toEqual([`${name} ${name}.k1 /api/v1/sync.conf 304`]);
    const before = client.state();
    expect(await client.run()).toEqual({ status: 0, log: '' });
    expect(client.state()).toEqual(before);
  });
});

/** One request by hand: the status line, the headers without their time, and the body. */
async function ask(path: string, ...more: readonly string[]): Promise<string> {
  const url = path.startsWith('http') ? path : `${nginx.url}${path}`;
  const options = ['-qsi', '--cacert', authority.caFile, '--path-as-is', '--max-time', '5'];
  const { stdout } = await promisify(execFile)('curl', [...options, ...more, url]);
  return stdout.replace(/^Date: .*\r\n/m, '');
}
const key = (value: string) => ['-H', `X-Api-Key: ${value}`] as const;

describe('what nginx gives to whom', () => {
  beforeAll(() => publish('desktop', OLD));

  test('the decoy is what the configuration answers everywhere', () => {
    expect(httpConfig(SERVER).split(DECOY_ANSWER).length).toBeGreaterThan(1);
  });

  test('each key gets its own client', async () => {
    expect(await ask('/api/v1/client.toml', ...key(KEY))).toContain(OLD.slice(0, 600));
    expect(await ask('/api/v1/client.toml', ...key(OTHERS_KEY))).toContain(OTHERS);
    expect(await ask('/api/v1/sync.conf', ...key(KEY))).toMatch(/Cache-Control: no-store\r\n/);
    expect(await ask('/api/v1/sync.conf', '-I', ...key(KEY))).toMatch(/^HTTP\/1.1 200 .*ETag: /s);
  });

  const wrong: readonly (readonly [string, string, readonly string[]])[] = [
    ['no key', '/api/v1/client.toml', []],
    ['a wrong key', '/api/v1/client.toml', key('f'.repeat(32))],
    ['an empty key', '/api/v1/client.toml', ['-H', 'X-Api-Key;']],
    ['a long key', '/api/v1/client.toml', key(KEY.repeat(60))],
    ['a key and more', '/api/v1/client.toml', key(`${KEY}0`)],
    ['part of a key', '/api/v1/client.toml', key(KEY.slice(0, 31))],
    ['two keys in one header', '/api/v1/client.toml', key(`${KEY}, ${OTHERS_KEY}`)],
    ['the wrong key first', '/api/v1/client.toml', [...key('f'.repeat(32)), ...key(KEY)]],
    ['the name for a key', '/api/v1/client.toml', key('desktop.k1')],
    ['a file that is not there', '/api/v1/config', key(KEY)],
    ['another file', '/api/v1/keys.conf', key(KEY)],
    ['the folder', '/api/v1/', key(KEY)],
    ['another client by path', '/api/v1/../attic/client.toml', key(KEY)],
    ['another client by an encoded path', '/api/v1/%2e%2e%2fattic%2fclient.toml', key(KEY)],
    ['another client by an encoded slash', '/api/v1/..%2f..%2fattic/client.toml', key(KEY)],
    ['a path below', '/api/v1/client.toml/../../attic/client.toml', key(KEY)],
    ['a slash at the end', '/api/v1/client.toml/', key(KEY)],
    ['capitals', '/API/v1/client.toml', key(KEY)],
    ['a NUL-like end', '/api/v1/client.toml%2500', key(KEY)],
    ['a query for a path', '/?file=/api/v1/client.toml', key(KEY)],
    ['POST', '/api/v1/client.toml', [...key(KEY), '-d', 'x']],
    ['PUT', '/api/v1/client.toml', [...key(KEY), '-X', 'PUT']],
    ['DELETE', '/api/v1/client.toml', [...key(KEY), '-X', 'DELETE']],
    ['OPTIONS', '/api/v1/client.toml', [...key(KEY), '-X', 'OPTIONS']],
    ['an upgrade', '/api/v1/client.toml', ['-H', 'Upgrade: websocket', '-H', 'Connection: upgrade']],
  ];
  test.each(wrong)('%s is answered like any visitor of any page', async (_what, path, more) => {
    expect(await ask(path, ...more)).toBe(await ask('/some/page'));
  });

  test.each([
    ['/api/v1/client.toml?client=attic'],
    ['//api//v1/client.toml'],
    ['/attic/../api/v1/client.toml'],
    ['/api/v1/%63lient.toml'],
  ])('%s with a key gives that key its own file at most', async (path) => {
    expect(await ask(path, ...key(KEY))).toBe(await ask('/api/v1/client.toml', ...key(KEY)));
  });

  test('of two headers the second adds nothing', async () => {
    const both = await ask('/api/v1/client.toml', ...key(KEY), ...key(OTHERS_KEY));
    expect(both).not.toContain(OTHERS);
  });

  test('HEAD without a key is like HEAD of any page', async () => {
    expect(await ask('/api/v1/sync.conf', '-I')).toBe(await ask('/some/page', '-I'));
  });

  test('plain HTTP gives nothing', async () => {
    const answer = await ask(`${nginx.httpUrl}/api/v1/client.toml`, ...key(KEY));
    expect(answer).toMatch(/^HTTP\/1.1 301 /);
    expect(answer).not.toContain('token');
  });

  test('a runaway client is told so, and only that one', async () => {
    const many = await Promise.all(
      Array.from({ length: 90 }, () => ask('/api/v1/sync.conf', ...key(RUNAWAY_KEY))),
    );
    expect(many.filter((answer) => answer.startsWith('HTTP/1.1 429')).length).toBeGreaterThan(0);
    expect(await ask('/api/v1/sync.conf', ...key(KEY))).toMatch(/^HTTP\/1.1 200/);
  });

  test('a request without a known key looks for no file', () => {
    expect(readFileSync(join(folder, 'error.log'), 'utf8')).not.toContain('/pull//');
  });

  test('no key and no token is in any log, and the map is root’s alone', () => {
    const logs = ['pull.log', 'error.log'].map((name) => readFileSync(join(folder, name), 'utf8')).join('');
    expect(logs).toContain('"client":"desktop"');
    for (const secret of [KEY, NEXT_KEY, OTHERS_KEY]) expect(logs.includes(secret)).toBe(false);
    expect(statSync(join(folder, 'keys.conf')).mode & 0o777).toBe(0o600);
  });
});
