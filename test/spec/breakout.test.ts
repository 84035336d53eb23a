import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { loadSpec } from '../../src/spec/index.ts';
import { HASH, textSources } from './cases.ts';

/** What ends a quote, a line, a table, a statement or a text somewhere: TOML, nginx, sh, a unit, a terminal. */
const BREAKS = [
  '"',
  "'",
  '\n',
  '\r',
  ']',
  ';',
  '$(id)',
  '`id`',
  '\0',
  '\u001b',
  '{',
  '}',
  '#',
  '%',
  '\\',
  ' ',
  '|',
  '&',
  '\u2028',
];

/** A playbook that uses every key that takes a text, with the places of those texts. */
const whole = {
  tunnels: {
    home: {
      hosts: 'edge',
      domain: 'tunnel.example.net',
      former_domains: ['old.example.net'],
      tls: { mode: 'files', certificate: '/etc/ssl/cert.pem', key: '/etc/ssl/key.pem' },
      transport: { type: 'tcp', bind: '0.0.0.0:2333' },
      rathole: { version: '0.5.0', sha256: { x86_64: HASH }, binary: './rathole' },
      heartbeat_interval: '30s',
      services: {
        ssh: {
          client: 'desktop',
          local: 'nas.lan:22',
          bind: '127.0.0.1:2222',
          type: 'tcp',
          cutover: 'blue-green',
          retry_interval: '1s',
          rathole_name: 'My SSH',
        },
      },
      rotation: {
        max_age: '7d',
        warn_before: '1d',
        grace: '15m',
        cutover: 'blue-green',
        stragglers: 'hold',
        finalize: 'when-verified',
      },
      forbid_interruptions: ['live-connections'],
    },
  },
  clients: { desktop: { poll: '5m' } },
};

const websocket = { type: 'websocket', bind: '127.0.0.1:2333' };
const withWebsocket = { ...whole, tunnels: { home: { ...whole.tunnels.home, transport: websocket } } };

/**
 * Texts that may hold anything: rathole's name reaches files as a quoted TOML key only, the path of the program is
 * opened here and goes nowhere, the host pattern is resolved here and goes nowhere.
 */
const FREE = new Set(['rathole_name', 'binary', 'hosts']);

type Path = readonly string[];

/** The paths of all texts in a value; and those of all names that are keys. */
function* textsOf(value: unknown, path: Path = []): Generator<Path> {
  if (typeof value === 'string') yield path;
  else if (value !== null && typeof value === 'object') {
    for (const [key, below] of Object.entries(value)) yield* textsOf(below, [...path, key]);
  }
}

/** A copy with another text at a path. */
function replaceAt(value: unknown, path: Path, text: string): unknown {
  const [first, ...rest] = path;
  if (first === undefined) return text;
  if (Array.isArray(value))
    return value.map((item, index) => (String(index) === first ? replaceAt(item, rest, text) : item));
  return { ...Object(value), [first]: replaceAt(Object(value)[first], rest, text) };
}

function textAt(value: unknown, path: Path): string {
  return String(path.reduce((found, key) => Object(found)[key], value));
}

const load = (playbook: unknown, inventory?: unknown) =>
  loadSpec(textSources(stringify(playbook), inventory === undefined ? undefined : stringify(inventory)));

describe.each([
  ['tcp', whole],
  ['websocket', withWebsocket],
])('a playbook with transport %s', (transport, playbook) => {
  test('is right as it stands', () => {
    expect(load(playbook).findings).toEqual([]);
  });

  // The other keys are the same in both.
  const isTried = (path: Path) => transport === 'tcp' || path.includes('transport');
  const paths = [...textsOf(playbook)].filter((path) => !FREE.has(path.at(-1) ?? '') && isTried(path));
  test.each(paths.map((path) => [path.join('.'), path] as const))('%s cannot break out', (_name, path) => {
    for (const text of breakouts(textAt(playbook, path))) {
      expect(load(replaceAt(playbook, path, text)).desired, JSON.stringify(text)).toBeUndefined();
    }
  });
});

/** The good text with something nasty behind, before and within it, and 10 KB of it. */
function breakouts(good: string): readonly string[] {
  const middle = Math.floor(good.length / 2);
  const nasty = BREAKS.flatMap((text) => [
    good + text,
    text + good,
    good.slice(0, middle) + text + good.slice(middle),
  ]);
  return [...nasty, 'a'.repeat(10_240), `${good}\n${good}`];
}

test.each(['tunnels', 'services', 'clients'])('no name below %s can break out', (section) => {
  for (const text of breakouts('desktop')) {
    const names = { tunnels: 'home', services: 'ssh', clients: 'desktop', [section]: text };
    const { client: _, ...service } = whole.tunnels.home.services.ssh;
    const playbook = {
      tunnels: {
        [names.tunnels]: {
          ...whole.tunnels.home,
          services: { [names.services]: { ...service, client: names.clients } },
        },
      },
      clients: { [names.clients]: {} },
    };
    expect(load(playbook).desired, JSON.stringify(text)).toBeUndefined();
  }
});

test.each([
  ['ansible_host', '203.0.113.7'],
  ['ansible_user', 'admin'],
  ['ansible_connection', 'ssh'],
  ['reconcile_host_key', 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIExample'],
])('the variable %s cannot break out', (name, good) => {
  const inventory = (value: string) => ({ all: { hosts: { edge: { [name]: value } } } });
  expect(load(whole, inventory(good)).findings).toEqual([]);
  for (const text of breakouts(good))
    expect(load(whole, inventory(text)).desired, JSON.stringify(text)).toBeUndefined();
  expect(load(whole, inventory('-oProxyCommand=id')).desired).toBeUndefined();
});

test('a host variable cannot break out by way of a domain or a path', () => {
  const templates = replaceAt(
    replaceAt(whole, ['tunnels', 'home', 'domain'], '{mine}.example.net'),
    ['tunnels', 'home', 'tls', 'key'],
    '/etc/{mine}/key.pem',
  );
  const inventory = (value: string) => ({ all: { hosts: { edge: { mine: value } } } });
  expect(load(templates, inventory('good')).desired?.servers[0]?.domain).toBe('good.example.net');
  for (const text of breakouts('good')) {
    expect(load(templates, inventory(text)).desired, JSON.stringify(text)).toBeUndefined();
  }
});

test.each(['rathole_name', 'binary'])('%s is any text without control characters', (key) => {
  const path = [...textsOf(whole)].find((found) => found.at(-1) === key) ?? [];
  for (const text of ['a"b', "a'b", 'a]b', 'a;b', 'a$(id)b']) {
    expect(load(replaceAt(whole, path, text)).desired, JSON.stringify(text)).toBeDefined();
  }
  for (const text of ['a\nb', 'a\0b', 'a\u001bb', 'a\u007fb', 'x'.repeat(10_240)]) {
    expect(load(replaceAt(whole, path, text)).desired, JSON.stringify(text)).toBeUndefined();
  }
});

test('a host pattern leaves no trace', () => {
  const { desired } = load(replaceAt(whole, ['tunnels', 'home', 'hosts'], ' edge ,edge:&e[d]ge'));
  expect(JSON.stringify(desired)).not.toContain('[d]');
  expect(desired?.servers).toHaveLength(1);
});
