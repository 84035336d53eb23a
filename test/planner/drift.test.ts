import { describe, expect, test } from 'vitest';
import type { Facts, ObservedNginx, ObservedUnit } from '../../src/model/observed.ts';
import { present } from '../../src/model/reading.ts';
import { server } from './desired.ts';
import { readValue, withFile } from './facts.ts';
import { applied, kinds, planOne, settled } from './settled.ts';

const TOML = '/etc/rathole/server.toml';
const STREAM = '/etc/nginx/reconcile/stream.conf';
const UNIT_FILE = '/etc/systemd/system/rathole-server.service';
const FRAGMENT = '/var/lib/reconcile/fragments/server/50-ssh.g1.toml';
const CLIENT = '/var/lib/reconcile/fragments/client/desktop/50-ssh.g1.toml';

const host = settled();
const textOf = (path: string) => readValue(host.files)[path]?.text ?? '';

function edited(path: string, from: string | RegExp, to: string): Facts {
  const text = textOf(path).replace(from, to);
  expect(text).not.toBe(textOf(path));
  return withFile(host, path, { text, sha256: 'ed'.repeat(32) });
}

function withUnit(name: string, change: Partial<ObservedUnit>): Facts {
  const units = readValue(host.units);
  const unit = units[name];
  if (unit === undefined) throw new Error(`there is no ${name}`);
  return { ...host, units: present({ ...units, [name]: { ...unit, ...change } }) };
}

function withNginx(change: Partial<ObservedNginx>): Facts {
  return { ...host, nginx: present({ ...readValue(host.nginx), ...change }) };
}

const now = readValue(host.clock);
const withoutNginxListener = present(readValue(host.listeners).filter(({ port }) => port !== 2222));

const withoutRathole = present(readValue(host.listeners).filter(({ port }) => port !== 2333));

const RELOAD = ['check-nginx', 'reload-nginx'];
const RESTART = 'restart-unit';

interface Case {
  readonly name: string;
  readonly facts: Facts;
  /** The one change. */
  readonly target: string;
  readonly cause: RegExp;
  readonly steps: readonly string[];
}

const CASES: readonly Case[] = [
  {
    name: 'server.toml edited',
    facts: edited(TOML, 'heartbeat_interval = 30', 'heartbeat_interval = 31'),
    target: TOML,
    cause: /^edited/,
    steps: ['backup', 'assemble'],
  },
  {
    name: 'a token in server.toml replaced',
    facts: edited(TOML, /fingerprint \w+/, 'fingerprint 00000000'),
    target: TOML,
    cause: /^edited/,
    steps: ['backup', 'assemble'],
  },
  {
    name: 'server.toml deleted',
    facts: withFile(host, TOML, undefined),
    target: TOML,
    cause: /^absent/,
    steps: ['assemble'],
  },
  {
    name: 'a fragment deleted',
    facts: withFile(host, FRAGMENT, undefined),
    target: FRAGMENT,
    cause: /^absent/,
    steps: ['keep-token', 'write-file'],
  },
  {
    name: "a client's token that is not the server's",
    facts: edited(CLIENT, /fingerprint \w+/, 'fingerprint 00000000'),
    target: CLIENT,
    cause: /differs/,
    steps: ['keep-token', 'write-file', 'publish'],
  },
  {
    name: 'an nginx snippet edited',
    facts: edited(STREAM, 'proxy_timeout 365d', 'proxy_timeout 10s'),
    target: STREAM,
    cause: /differs/,
    steps: ['backup', 'write-file', ...RELOAD],
  },
  {
    name: 'a mode',
    facts: withFile(host, TOML, { mode: '0644' }),
    target: TOML,
    cause: /the mode is 0644, not 0640/,
    steps: ['set-ownership'],
  },
  {
    name: 'an owner of a folder',
    facts: withFile(host, '/var/lib/reconcile/fragments', { owner: 'nobody' }),
    target: '/var/lib/reconcile/fragments',
    cause: /the owner is nobody, not root/,
    steps: ['set-ownership'],
  },
  {
    name: 'rathole-server stopped',
    facts: {
      ...withUnit('rathole-server.service', { active: 'inactive', mainPid: 0, executable: '' }),
      listeners: withoutRathole,
    },
    target: 'unit rathole-server.service',
    cause: /it is inactive/,
    steps: ['start-unit'],
  },
  {
    name: 'rathole-server disabled',
    facts: withUnit('rathole-server.service', { enabled: 'disabled' }),
    target: 'unit rathole-server.service',
    cause: /it is disabled/,
    steps: ['enable-unit', 'reload-systemd'],
  },
  {
    name: 'another program runs',
    facts: withUnit('rathole-server.service', { executable: '/usr/bin/rathole' }),
    target: 'unit rathole-server.service',
    cause: /it runs \/usr\/bin\/rathole/,
    steps: [RESTART],
  },
  {
    name: 'systemd knows an older unit',
    facts: withUnit('rathole-server.service', { needDaemonReload: true }),
    target: 'unit rathole-server.service',
    cause: /on disk but not loaded/,
    steps: ['reload-systemd'],
  },
  {
    name: 'the unit was written after the start',
    facts: withFile(host, UNIT_FILE, { modified: now - 5 }),
    target: 'unit rathole-server.service',
    cause: /on disk but not loaded/,
    steps: [RESTART],
  },
  {
    name: 'nginx stopped',
    facts: withUnit('nginx.service', { active: 'failed', mainPid: 0 }),
    target: 'unit nginx.service',
    cause: /it is failed/,
    steps: ['check-nginx', 'start-unit'],
  },
  {
    name: 'nginx runs an older configuration',
    facts: withFile(host, STREAM, { modified: now - 5 }),
    target: 'nginx',
    cause: /on disk but not loaded: .*stream\.conf is newer/,
    steps: RELOAD,
  },
  {
    name: 'nginx refused its last reload',
    facts: withNginx({ reloadErrors: ['bind() to 127.0.0.1:2222 failed (98: Address already in use)'] }),
    target: 'nginx',
    cause: /its last reload was refused: bind\(\)/,
    steps: RELOAD,
  },
  {
    name: 'a public address is not listened on',
    facts: { ...host, listeners: withoutNginxListener },
    target: 'nginx',
    cause: /does not listen on tcp 127\.0\.0\.1 port 2222/,
    steps: RELOAD,
  },
  {
    name: 'rathole does not listen',
    facts: { ...host, listeners: withoutRathole },
    target: 'unit rathole-server.service',
    cause: /does not listen on 127\.0\.0\.1 port 2333/,
    steps: [RESTART],
  },
  {
    name: 'a sysctl set otherwise',
    facts: { ...host, sysctls: present({ ...readValue(host.sysctls), 'net.ipv4.tcp_retries2': '15' }) },
    target: 'sysctl net.ipv4.tcp_retries2',
    cause: /on disk but not loaded/,
    steps: ['apply-sysctls'],
  },
  {
    name: 'a certificate that is about to expire',
    facts: {
      ...host,
      certificates: present({
        ...readValue(host.certificates),
        '/var/lib/reconcile/tls/leaf.pem': { expires: now + 29 * 86_400, names: ['tunnel.example.net'] },
      }),
    },
    target: '/var/lib/reconcile/tls/leaf.pem',
    cause: /expires in less than 30 days/,
    steps: ['make-certificate', ...RELOAD],
  },
];

describe('drift shows with its cause, and only it is mended', () => {
  test.each(CASES)('$name', ({ facts, target, cause, steps }) => {
    const plan = planOne(server(), facts);
    expect(plan.refusals).toEqual([]);
    expect(plan.changes).toEqual([expect.objectContaining({ target, cause: expect.stringMatching(cause) })]);
    expect(kinds(plan)).toEqual(steps);
    expect(planOne(server(), applied(server(), facts)).changes).toEqual([]);
  });
});

describe('what is no drift', () => {
  test.each([
    [
      'a file from the second of the reload',
      withFile(host, STREAM, { modified: readValue(host.nginx).workersStarted }),
    ],
    ['a file from before the clock was set back', withFile(host, STREAM, { modified: now + 3600 })],
    ['a host without its salt has nothing to compare', withUnknownFingerprints()],
    [
      'rathole-server was started a moment ago and does not listen yet',
      {
        ...withUnit('rathole-server.service', { activeSince: now - 1 }),
        listeners: withoutRathole,
      },
    ],
  ])('%s', (_, facts) => {
    expect(planOne(server(), facts).changes).toEqual([]);
  });
});

function withUnknownFingerprints(): Facts {
  const files = Object.entries(readValue(host.files)).map(([path, file]) => [
    path,
    file.text === undefined
      ? file
      : { ...file, text: file.text.replaceAll(/fingerprint \w+/g, 'fingerprint unknown') },
  ]);
  return { ...host, files: present(Object.fromEntries(files)) };
}
