import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { serverFragment, serverHead } from '../../src/artifacts/server-toml.ts';
import { whyIgnored } from '../../src/codec/ignored-server-toml.ts';
import { server } from '../planner/desired.ts';
import { readConfig } from '../rathole/config.ts';

const folder = mkdtempSync(join(tmpdir(), 'reconcile-server-toml-'));
afterAll(() => rmSync(folder, { recursive: true }));

const HEAD = '[server]\nbind_addr = "127.0.0.1:2333"\n';
const SERVICE = '[server.services.a]\nbind_addr = "127.0.0.1:1"\n';

test.each([
  ['a whole one', `${HEAD}${SERVICE}token = "t"\ntype = "udp"\nnodelay = true\n`, undefined],
  ['no service', `${HEAD}[server.services]\n`, undefined],
  ['a default token', `${HEAD}default_token = "t"\nheartbeat_interval = 5\n${SERVICE}`, undefined],
  ['an empty token and no address', `${HEAD}[server.services.a]\nbind_addr = "x"\ntoken = ""\n`, undefined],
  ['nothing', '', 'the file lacks server'],
  ['half a line', `${HEAD}[server.services.a]\ntok`, 'not TOML (line 4, column 1)'],
  ['another table', `${HEAD}${SERVICE}token = "t"\n[tunnel]\n`, 'the file has the unknown key tunnel'],
  ['a value for a table', 'server = 1\n', 'server of the file has a value of another kind'],
  ['no address of its own', `[server]\n${SERVICE}token = "t"\n`, '[server] lacks bind_addr'],
  ['no services', HEAD, '[server] lacks services'],
  [
    'a key of a later release',
    `${HEAD}prefer_ipv6 = true\n${SERVICE}token = "t"\n`,
    '[server] has the unknown key prefer_ipv6',
  ],
  [
    'a text for a number',
    `${HEAD}heartbeat_interval = "5"\n${SERVICE}token = "t"\n`,
    'heartbeat_interval of [server] has a value of another kind',
  ],
  ['a list of services', `${HEAD}services = []\n`, 'services of [server] has a value of another kind'],
  ['a service that is none', `${HEAD}[server.services]\na = 1\n`, 'the service a is no table'],
  ['a service without a token', `${HEAD}${SERVICE}`, 'the service a lacks token'],
  [
    'a service without an address',
    `${HEAD}[server.services.a]\ntoken = "t"\n`,
    'the service a lacks bind_addr',
  ],
  [
    'a mistyped key',
    `${HEAD}${SERVICE}token = "t"\nno_delay = true\n`,
    'the service a has the unknown key no_delay',
  ],
  [
    'a key of an object',
    `${HEAD}${SERVICE}token = "t"\nconstructor = "x"\n`,
    'the service a has the unknown key constructor',
  ],
  ['an unknown type', `${HEAD}${SERVICE}token = "t"\ntype = "sctp"\n`, 'the service a has an unknown type'],
])('%s is taken or ignored as rathole does', async (_, text, why) => {
  expect(whyIgnored(text)).toBe(why);
  const path = join(folder, 'server.toml');
  writeFileSync(path, text);
  const read = readConfig(path).then(
    ({ server }) => (server === undefined ? 'ignored' : 'taken'),
    () => 'ignored',
  );
  expect(await read).toBe(why === undefined ? 'taken' : 'ignored');
});

test('what reconcile writes is taken', () => {
  const all = server();
  const services = all.services.map((service) => serverFragment(service, 1));
  expect(whyIgnored([serverHead(all), ...services].join(''))).toBeUndefined();
});
