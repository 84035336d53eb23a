import { expect, test } from 'vitest';
import type { Desired } from '../../src/model/desired.ts';
import { formatDuration, parseDuration } from '../../src/spec/duration.ts';
import { loadSpec } from '../../src/spec/index.ts';
import { besideFile } from '../../src/spec/playbook/path.ts';
import { nearest } from '../../src/spec/suggest.ts';
import { HASH, PLAYBOOK, textSources } from './cases.ts';

function desiredOf(playbook: string, inventory?: string): Desired {
  const { findings, desired } = loadSpec(textSources(playbook, inventory));
  expect(findings).toEqual([]);
  if (!desired) throw new Error('no desired state');
  return desired;
}

test('a short playbook gets every default', () => {
  expect(desiredOf(PLAYBOOK)).toEqual({
    servers: [
      {
        tunnel: 'home',
        host: { name: 'edge', connection: { kind: 'ssh', address: '203.0.113.7', become: false } },
        domain: 'tunnel.example.net',
        formerDomains: [],
        tls: { mode: 'self-signed' },
        transport: { kind: 'websocket', bind: { address: '127.0.0.1', port: 2333 } },
        rathole: { version: '0.5.0', sha256: HASH },
        heartbeatInterval: 30,
        services: [
          {
            name: 'ssh',
            client: 'desktop',
            protocol: 'tcp',
            local: { host: '127.0.0.1', port: 22 },
            bind: { address: '127.0.0.1', port: 2222 },
            cutover: 'blue-green',
          },
        ],
        rotation: {
          maxAge: 604_800,
          warnBefore: 86_400,
          grace: 900,
          cutover: 'blue-green',
          stragglers: 'hold',
          finalize: 'when-verified',
          atMost: 50,
        },
        prune: false,
        forbidInterruptions: [],
      },
    ],
    clients: [{ name: 'desktop', poll: 300, managed: false }],
    clientHosts: [],
    possibleServers: ['edge', 'edge_1', 'web1', 'web2', 'web3'].map((host) => ({
      name: `home-${host}`,
      prune: false,
    })),
  });
});

test('a binary is one of several pinned programs', () => {
  const sha256 = `{ x86_64: ${'fedcba98'.repeat(8)}, aarch64: ${HASH} }`;
  const [server] = desiredOf(`
tunnels:
  home:
    hosts: edge
    domain: tunnel.example.net
    rathole: { version: 0.5.0, sha256: ${sha256}, binary: ./rathole }
    services:
      ssh: { client: desktop, local: 127.0.0.1:22, bind: 127.0.0.1:2222 }
clients:
  desktop: {}
`).servers;
  expect(server?.rathole).toMatchObject({ sha256: { aarch64: HASH }, binary: 'rathole' });
});

test('the keys of the contract mean what they say', () => {
  const { servers, clients } = desiredOf(`
tunnels:
  home:
    hosts: edge
    domain: tunnel.example.net
    tls: { mode: self-signed }
    rathole: { version: 0.5.0, sha256: ${HASH}, binary: ./rathole }
    services:
      ssh:    { client: desktop, local: 127.0.0.1:22,    bind: 127.0.0.1:2222 }
      ollama: { client: desktop, local: 127.0.0.1:11434, bind: 127.0.0.1:11434 }
      dns:    { client: attic,   local: 127.0.0.1:53,    bind: 0.0.0.0:5353, type: udp }
    rotation: { max_age: 7d, grace: 15m, cutover: blue-green, stragglers: hold, finalize: when-verified, at_most: 50 }
clients:
  desktop: { poll: 5m }
  attic: {}
`);
  expect(servers[0]?.services.map(({ name, protocol }) => `${name} ${protocol}`)).toEqual([
    'dns udp',
    'ollama tcp',
    'ssh tcp',
  ]);
  expect(servers[0]?.rathole.binary).toBe('rathole');
  expect(clients).toEqual([
    { name: 'attic', poll: 300, managed: false },
    { name: 'desktop', poll: 300, managed: false },
  ]);
});

test('a client of the name of a host is set up there, unless that carries a server', () => {
  const inventory = 'all: { hosts: { edge: , desktop: { ansible_connection: local }, attic: } }\n';
  const playbook = PLAYBOOK.replace('desktop: {}', 'desktop: { poll: 1m }\n  far: {}');
  const spec = loadSpec(
    textSources(playbook.replace('hosts: edge', 'hosts: edge\n    prune: true'), inventory),
  );
  expect(spec.desired?.clientHosts).toEqual([
    {
      host: { name: 'desktop', connection: { kind: 'local', become: false } },
      poll: 60,
      servers: spec.desired?.servers,
    },
  ]);
  expect(spec.desired?.clients).toEqual([
    { name: 'desktop', poll: 60, managed: true },
    { name: 'far', poll: 300, managed: false },
  ]);
  expect(spec.desired?.possibleServers).toContainEqual({ name: 'home-attic', prune: true });
  const serving = loadSpec(textSources(PLAYBOOK.replace('hosts: edge', 'hosts: desktop'), inventory));
  expect(serving.findings.map(({ rule }) => rule)).toEqual(['client-serves']);
  expect(serving.desired?.clientHosts).toEqual([]);
});

test('each host of a tunnel is a server with its own domain', () => {
  const playbook = PLAYBOOK.replace('hosts: edge', 'hosts: web:!web2').replace(
    'tunnel.example.net',
    '"{host}.{zone}"',
  );
  const { servers } = desiredOf(
    playbook,
    'web: { hosts: { "web[1:3]": }, vars: { zone: eu.example.net } }\n',
  );
  expect(servers.map(({ host, domain }) => `${host.name} ${domain}`)).toEqual([
    'web1 web1.eu.example.net',
    'web3 web3.eu.example.net',
  ]);
});

test.each([
  ['websocket, bind: "127.0.0.1:3000"', { kind: 'websocket', bind: { address: '127.0.0.1', port: 3000 } }],
  ['tcp, bind: "0.0.0.0:2333"', { kind: 'tcp', bind: { address: '0.0.0.0', port: 2333 } }],
])('transport %s', (text, expected) => {
  const playbook = PLAYBOOK.replace('    services:', `    transport: { type: ${text} }\n    services:`);
  expect(desiredOf(playbook).servers[0]?.transport).toEqual(expected);
});

test.each([
  ['{ max_age: never }', { warnBefore: 86_400, atMost: 50 }],
  ['{ max_age: 8h }', { maxAge: 28_800, warnBefore: 7200 }],
  ['{ max_age: 30d, warn_before: 3d }', { maxAge: 2_592_000, warnBefore: 259_200 }],
  [
    '{ grace: 1h30m, at_most: 3, stragglers: cut, finalize: at-deadline }',
    { grace: 5400, atMost: 3, stragglers: 'cut', finalize: 'at-deadline' },
  ],
])('rotation %s', (text, expected) => {
  const playbook = PLAYBOOK.replace('    services:', `    rotation: ${text}\n    services:`);
  const rotation = desiredOf(playbook).servers[0]?.rotation;
  expect(rotation).toMatchObject(expected);
  expect(rotation && 'maxAge' in rotation).toBe('maxAge' in expected || !text.includes('never'));
});

test("a service's own keys win, its tunnel's are the default", () => {
  const playbook = PLAYBOOK.replace(
    '    services:',
    '    rotation: { cutover: in-place }\n    services:',
  ).replace(
    '2222 }',
    '2222 }\n      web: { client: desktop, local: "[::1]:80", bind: "[::]:8080", cutover: blue-green, nodelay: false, retry_interval: 2s, rathole_name: "Web]" }',
  );
  const services = desiredOf(playbook).servers[0]?.services;
  expect(services?.map(({ cutover }) => cutover)).toEqual(['in-place', 'blue-green']);
  expect(services?.[1]).toMatchObject({
    local: { host: '::1', port: 80 },
    nodelay: false,
    retryInterval: 2,
    ratholeName: 'Web]',
  });
});

test('anchors and merged mappings are read', () => {
  const playbook = PLAYBOOK.replace('ssh: {', 'ssh: &ssh {').replace(
    '2222 }',
    '2222 }\n      other: { <<: *ssh, bind: 127.0.0.1:2223 }',
  );
  const services = desiredOf(playbook).servers[0]?.services;
  expect(services?.map(({ client, bind }) => `${client} ${bind.port}`)).toEqual([
    'desktop 2223',
    'desktop 2222',
  ]);
});

test('a byte order mark and Windows line ends are read, and places stay right', () => {
  expect(desiredOf(`\ufeff${PLAYBOOK.replaceAll('\n', '\r\n')}`).servers).toHaveLength(1);
  const { findings } = loadSpec(
    textSources(`\ufeff${PLAYBOOK.replaceAll('\n', '\r\n').replace('client: desktop', 'client: desktp')}`),
  );
  expect(findings.map(({ line, column, rule }) => `${line}:${column} ${rule}`)).toContain(
    '7:22 client-undeclared',
  );
});

test.each([
  ['playbooks/home.yaml', './rathole', 'playbooks/rathole'],
  ['playbooks/home.yaml', '../bin/rathole', 'bin/rathole'],
  ['home.yaml', '../rathole', '../rathole'],
  ['../a/home.yaml', '../../rathole', '../../rathole'],
  ['/srv/playbooks/home.yaml', '../../../rathole', '/rathole'],
  ['/srv/home.yaml', '/opt/rathole', '/opt/rathole'],
])('beside %s, %s is %s', (file, path, expected) => {
  expect(besideFile(file, path)).toBe(expected);
});

test.each([
  ['90s', 90],
  ['1h30m', 5400],
  ['2w1d', 1_296_000],
  ['', undefined],
  ['5', undefined],
  ['5 m', undefined],
  ['1m1h', undefined],
  ['-5m', undefined],
  ['1.5h', undefined],
])('the duration "%s" is %s seconds', (text, expected) => {
  expect(parseDuration(text)).toBe(expected);
});

test.each([0, 1, 59, 60, 3661, 86_400, 604_800])('%s seconds survive being written', (seconds) => {
  expect(parseDuration(formatDuration(seconds))).toBe(seconds);
});

test.each([
  ['domian', ['domain', 'hosts'], 'domain'],
  ['desktp', ['desktop', 'attic'], 'desktop'],
  ['Poll', ['poll'], 'poll'],
  ['x', ['tunnels'], undefined],
  ['token', ['type', 'local'], undefined],
])('%s among %s means %s', (word, candidates, expected) => {
  expect(nearest(word, candidates)).toBe(expected);
});
