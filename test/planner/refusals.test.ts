import { describe, expect, test } from 'vitest';
import type { Facts, ObservedNginx } from '../../src/model/observed.ts';
import { absent, present, unreadable } from '../../src/model/reading.ts';
import { DNS, SHA, SSH, server, service } from './desired.ts';
import { bareDebian, listener, readValue, withFile } from './facts.ts';
import { kinds, planOne, rules, settled } from './settled.ts';

const TOML = '/etc/rathole/server.toml';
const STREAM = '/etc/nginx/reconcile/stream.conf';
const host = settled();
const bare = bareDebian();

const withNginx = (change: Partial<ObservedNginx>): Facts => ({
  ...host,
  nginx: present({ ...readValue(host.nginx), ...change }),
});
const withListener = (...more: Parameters<typeof listener>): Facts => ({
  ...bare,
  listeners: present([...readValue(bare.listeners), listener(...more)]),
});
const edited = (path: string, text: string): Facts => withFile(host, path, { text, sha256: 'ed'.repeat(32) });

describe('what is unreadable refuses, without a consent and without steps', () => {
  const facts = Object.keys(bare).filter((name) => !['packages', 'rathole', 'socketKill'].includes(name));
  test.each(facts)('the fact %s', (name) => {
    const plan = planOne(server(), { ...host, [name]: unreadable('no permission') });
    expect(plan).toMatchObject({ steps: [], refusals: [{ rule: 'unreadable' }] });
    expect(plan.refusals[0]).not.toHaveProperty('consent');
  });

  test.each([
    TOML,
    STREAM,
    '/var/lib/reconcile/fragments/server/50-ssh.g1.toml',
    '/var/lib/reconcile/tls/ca.key',
  ])('the file %s', (path) => {
    const { [path]: file, ...others } = readValue(host.files);
    if (file === undefined) throw new Error(`there is no ${path}`);
    const { text: _, sha256: __, ...rest } = file;
    const files = present({ ...others, [path]: { ...rest, unreadable: 'input/output error' } });
    expect(planOne(server(), { ...host, files })).toMatchObject({
      steps: [],
      refusals: [{ rule: 'unreadable' }],
    });
  });
});

const REFUSED: readonly (readonly [name: string, facts: Facts, rule: string])[] = [
  ['not root', { ...host, root: present(false) }, 'not-root'],
  ['an essential fact that is absent', { ...host, listeners: absent }, 'unreadable'],
  ['server.toml that is not TOML', edited(TOML, '# Made by reconcile\n[server\n'), 'server-toml-invalid'],
  [
    "somebody else's server.toml with one token for all",
    edited(
      TOML,
      '[server]\ndefault_token = "{{fingerprint 1}}"\n[server.services.a]\nbind_addr = "0.0.0.0:1"\n',
    ),
    'foreign-default-token',
  ],
  ['server.toml as a symlink', withFile(host, TOML, { type: 'symlink' }), 'not-a-file'],
  ['a folder in the place of a file', withFile(host, STREAM, { type: 'directory' }), 'not-a-file'],
  ['a file in the place of a folder', withFile(host, '/etc/rathole', { type: 'file' }), 'not-a-folder'],
  ['a squatted public port', withListener('tcp', '0.0.0.0', 2222, 'evil', 66), 'port-taken'],
  ['a squatted port of https', withListener('tcp', '*', 443, 'apache2', 66), 'port-taken'],
  ['a squatted slot', withListener('tcp', '127.78.8.174', 1019, 'evil', 66), 'port-taken'],
  [
    'an invalid nginx',
    { ...withNginx({ configError: 'in /etc/nginx/sites-enabled/x:1' }), ...stopped() },
    'nginx-invalid',
  ],
  ['another stream block', withNginx({ streamBlocks: ['/etc/nginx/nginx.conf'] }), 'nginx-stream-block'],
  ['no includes', withNginx({ includes: { main: [], http: [] } }), 'nginx-includes'],
  ['a full disk', { ...bare, disk: present({ '/etc': { freeBytes: 0, freeInodes: 10_000 } }) }, 'disk-full'],
  ['no inodes', { ...bare, disk: present({ '/etc': { freeBytes: 1e9, freeInodes: 1 } }) }, 'disk-full'],
  ['a masked unit', masked(), 'unit-masked'],
  [
    'a package manager we do not know',
    { ...bare, os: present({ id: 'nixos', like: [], version: '' }) },
    'unknown-package-manager',
  ],
  [
    'Arch without the includes',
    { ...bare, os: present({ id: 'arch', like: [], version: '' }) },
    'nginx-includes',
  ],
];

function stopped(): Pick<Facts, 'units'> {
  const units = readValue(host.units);
  const nginx = units['nginx.service'];
  if (nginx === undefined) throw new Error('there is no nginx');
  return { units: present({ ...units, 'nginx.service': { ...nginx, active: 'failed' } }) };
}

function masked(): Facts {
  const units = readValue(host.units);
  const unit = units['rathole-server.service'];
  if (unit === undefined) throw new Error('there is no unit');
  return { ...host, units: present({ ...units, 'rathole-server.service': { ...unit, load: 'masked' } }) };
}

describe('a host that must be mended first is refused', () => {
  test.each(REFUSED)('%s', (_, facts, rule) => {
    const plan = planOne(server(), facts);
    expect(rules(plan)).toContain(rule);
    expect(plan.steps).toEqual([]);
    expect(plan.refusals.every(({ remedy }) => remedy.length > 10)).toBe(true);
  });
});

describe('a playbook that the host cannot follow is refused', () => {
  const crowd = Array.from({ length: 18 }, (_, at) =>
    service(`s${at}`, { bind: { address: '0.0.0.0', port: 3000 + at } }),
  );
  test.each([
    ['more services than nginx has connections for', server({ services: crowd }), 'capacity'],
    [
      'no hash for the architecture',
      server({ rathole: { version: '0.5.0', sha256: { armv7l: 'ab' } } }),
      'no-program',
    ],
    [
      'one hash, which is that of x86_64, on another architecture',
      server({ rathole: { version: '0.5.0', sha256: SHA } }),
      'no-program',
      { ...bare, architecture: present('aarch64') },
    ],
    [
      'two services in one slot',
      server({ services: [SSH, service('ssh2', { bind: { address: '127.0.0.2', port: 2222 } })] }),
      'address-shared',
    ],
    [
      'a path that nginx cannot hold',
      server({ tls: { mode: 'files', certificate: '/a$b', key: '/k' } }),
      'unquotable',
    ],
  ])('%s', (_, wanted, rule, facts = bare) => {
    expect(rules(planOne(wanted, facts))).toEqual([rule]);
  });

  test('one hash is enough for a program that is given by its path', () => {
    const wanted = server({ rathole: { version: '0.5.0', sha256: SHA, binary: './rathole' } });
    expect(rules(planOne(wanted, { ...bare, architecture: present('aarch64') }))).toEqual([]);
  });

  test('what is written where gives nginx room', () => {
    const wanted = server({ services: crowd });
    const settings = /`worker_connections (\d+);` in the block `events/;
    const [fresh] = planOne(wanted, bare).refusals;
    expect(fresh?.remedy).toMatch(/^Install nginx on the host, and then in \/etc\/nginx\/nginx\.conf write/);
    expect(Number(settings.exec(fresh?.remedy ?? '')?.[1])).toBe(2048);
    expect(fresh?.remedy).toContain('`worker_rlimit_nofile 4096;` above it');
  });

  test.each([
    [3000, /`worker_connections 2048;`.* `worker_rlimit_nofile 3000;`/],
    [1000, /`worker_connections 1000;`.* `worker_rlimit_nofile 1000;`/],
    [800, /^Let nginx have 4096 descriptors, of which this host grants it 800: by `LimitNOFILE=`/],
  ])('what is written is what a host takes that grants %i descriptors', (openFilesAtMost, remedy) => {
    const nginx = present({ ...readValue(settled().nginx), openFilesAtMost });
    const [refusal] = planOne(server({ services: crowd }), { ...settled(), nginx }).refusals;
    expect(refusal).toMatchObject({ rule: 'capacity', remedy: expect.stringMatching(remedy) });
  });

  test('seventeen services fit into what Debian gives', () => {
    expect(rules(planOne(server({ services: crowd.slice(1) }), bare))).toEqual([]);
  });
});

describe('consents', () => {
  test("somebody else's file is replaced with one, its old content in the backups", () => {
    const plan = planOne(server(), edited(STREAM, 'server { }\n'));
    expect(plan.refusals).toMatchObject([{ rule: 'foreign-file', consent: 'replace-foreign-files' }]);
    expect(kinds(plan)).toEqual(['backup', 'write-file', 'check-nginx', 'reload-nginx']);
  });

  test('a forbidden interruption goes ahead with one', () => {
    const wanted = server({ heartbeatInterval: 20, forbidInterruptions: ['new-connections'] });
    const plan = planOne(wanted, host);
    expect(plan.refusals).toMatchObject([
      { rule: 'forbidden-interruption', consent: 'interrupt-new-connections' },
    ]);
    expect(kinds(plan)).toContain('assemble');
    expect(
      planOne(server({ ...wanted, services: [DNS, SSH], heartbeatInterval: 30 }), host).refusals,
    ).toEqual([]);
  });
});

describe('packages', () => {
  test("on Arch they are pacman's", () => {
    const facts: Facts = {
      ...withNginx({ stream: false }),
      os: present({ id: 'arch', like: [], version: '' }),
      missingPrograms: present(['ss']),
    };
    expect(planOne(server(), facts).steps[0]).toEqual({
      kind: 'install-packages',
      manager: 'pacman',
      packages: ['iproute2', 'nginx-mod-stream'],
    });
  });
});
