import { describe, expect, test } from 'vitest';
import { clientFragment, clientHead } from '../../src/artifacts/client-toml.ts';
import { isMarked } from '../../src/artifacts/marker.ts';
import { httpConfig } from '../../src/artifacts/nginx-http.ts';
import { streamConfig, streamInclude } from '../../src/artifacts/nginx-stream.ts';
import { keyMap } from '../../src/artifacts/pull/key-map.ts';
import { foldService, foldTimer } from '../../src/artifacts/pull/seen.ts';
import { serverFragment, serverHead } from '../../src/artifacts/server-toml.ts';
import { serverUnit } from '../../src/artifacts/server-unit.ts';
import { readComment, writeComment } from '../../src/artifacts/service-comment.ts';
import { slotAddress } from '../../src/artifacts/slot.ts';
import { sysctlFile } from '../../src/artifacts/sysctls.ts';
import { parseServerFile } from '../../src/codec/server-toml.ts';
import { readToml } from '../../src/codec/toml.ts';
import { DNS, SHA, SSH, server, service } from '../planner/desired.ts';
import { BREAKOUTS } from './breakout.ts';

const files = server({
  tls: { mode: 'files', certificate: '/etc/ssl/tunnel.pem', key: '/etc/ssl/tunnel key.pem' },
  formerDomains: ['old.example.net'],
});
const tcp = server({ transport: { kind: 'tcp', bind: { address: '::', port: 2333 } } });
const odd = service('odd', {
  cutover: 'in-place',
  ratholeName: 'my "odd" one',
  nodelay: true,
  retryInterval: 5,
});

const TEXTS: Readonly<Record<string, string>> = {
  'server.toml': [
    serverHead(server()),
    serverFragment(DNS, 2),
    serverFragment(SSH, 1),
    serverFragment(odd, 3),
  ].join(''),
  'server-tcp.toml': serverHead(tcp),
  'client.toml': [clientHead(server()), clientFragment(SSH, 1), clientFragment(odd, 3)].join(''),
  'client-files.toml': clientHead(files),
  'client-tcp.toml': clientHead(tcp),
  'reconcile.conf': httpConfig(server()),
  'reconcile-files.conf': httpConfig(files),
  'reconcile-tcp.conf': httpConfig(tcp),
  'stream.conf': streamConfig(
    [
      { ...DNS, generation: 2 },
      { ...SSH, generation: 1 },
    ],
    { visitors: 145 },
  ),
  '90-reconcile-stream.conf': streamInclude(),
  'rathole-server.service': serverUnit(server(), SHA),
  '60-reconcile.conf': sysctlFile(),
  'keys.conf': keyMap([
    { client: 'attic', number: 1 },
    { client: 'desktop', number: 3 },
  ]),
  'reconcile-fold.service': foldService(),
  'reconcile-fold.timer': foldTimer(),
};

test.each(Object.entries(TEXTS))('%s is as it was', async (name, text) => {
  await expect(text).toMatchFileSnapshot(`expected/${name}`);
});

test.each(Object.entries(TEXTS))('%s says on its first line who made it', (_, text) => {
  expect(isMarked(text.split('\n')[0] ?? '')).toBe(true);
});

describe('slots', () => {
  test.each([
    [2222, 1, '127.78.8.174'],
    [2222, 2, '127.77.8.174'],
    [1, 1, '127.78.0.1'],
    [65535, 2, '127.77.255.255'],
  ])('port %i, generation %i: %s', (port, generation, address) => {
    expect(slotAddress(port, generation)).toEqual({ address, port: 1019 });
  });
});

describe('a value that would break out', () => {
  test.each(BREAKOUTS)('%j stays a value in server.toml and client.toml', (value) => {
    const nasty = service('ssh', {
      client: value,
      cutover: 'in-place',
      ratholeName: value,
      local: { host: value, port: 1 },
    });
    const parsed = parseServerFile(
      `${serverHead(server())}${serverFragment(nasty, 1)}${serverFragment(DNS, 1)}`,
    );
    expect(parsed).toMatchObject({ services: [{ name: value }, { name: 'dns.g1' }] });
    const table = readToml(clientHead(server({ domain: value, tunnel: value })) + clientFragment(nasty, 1));
    expect(table).toMatchObject({
      table: {
        client: {
          transport: { tls: { hostname: value } },
          services: { [value]: { local_addr: expect.stringContaining(value) } },
        },
      },
    });
  });

  test.each(BREAKOUTS)('%j comes back out of the comment', (value) => {
    const comment = {
      service: value,
      generation: 1,
      client: value,
      bind: value,
      cutover: 'in-place',
    } as const;
    const line = writeComment(comment);
    expect(line.match(/\n/g)).toHaveLength(1);
    expect(readComment(line.trimEnd())).toEqual(comment);
  });
});

test.each(['# reconcile: {', '# reconcile: []', '# reconcile: {"service":1}', '# a note', 'type = "tcp"'])(
  '%j is no comment of ours',
  (line) => {
    expect(readComment(line)).toBeUndefined();
  },
);
