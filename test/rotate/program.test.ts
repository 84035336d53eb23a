import { execFileSync } from 'node:child_process';
import { utimesSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { isMarked } from '../../src/artifacts/marker.ts';
import { rotateScript } from '../../src/artifacts/rotate/program.ts';
import { DRAIN_SECONDS, type Operation, SETTLE_SECONDS } from '../../src/model/rotation/operations.ts';
import { faultAt } from './fault.ts';
import { listener, type Policy, RotateHost, slot } from './host.ts';
import { FakeTunnel } from './tunnel.ts';

vi.setConfig({ testTimeout: 60_000 });

const SCRIPT = rotateScript();

describe("the host's program", () => {
  test('is clean by shellcheck as POSIX sh', () => {
    execFileSync('shellcheck', ['--shell=sh', '-'], { input: SCRIPT });
  });

  test('says who made it', () => {
    expect(isMarked(SCRIPT)).toBe(true);
  });
});

describe.each([['dash'], ['bash'], ['busybox sh']])('in %s', (shell) => {
  let host: RotateHost;
  beforeEach(() => {
    host = new RotateHost(shell.split(' '));
  });
  afterEach(() => host.remove());
  const lines = (...words: readonly string[]) =>
    host
      .run(...words)
      .stdout.trimEnd()
      .split('\n');
  const settle = () => utimesSync(host.path('etc/server.toml'), 1e9, 1e9);

  test('stages, finalizes by proof, and ends what it armed', () => {
    host.enroll('ssh');
    expect(lines('due')).toEqual([expect.stringMatching(/^ssh stage overdue 7 8 \d+$/)]);
    expect(Object.keys(host.tokens('etc/server.toml'))).toEqual(['ssh.g7', 'ssh.g8']);
    expect(host.tokens('state/pull/pc/client.toml')).toEqual(host.tokens('etc/server.toml'));
    expect(host.read('state/pull/pc/sync.conf')).toMatch(/^finalize_at = \d+$/m);
    const pending = JSON.parse(host.read('etc/pending-tokens.json'));
    const { stagedAt, finalizeAt } = host.record('ssh');
    expect(pending).toEqual({
      generated: expect.stringMatching(/Z$/),
      finalize_at: expect.stringMatching(/Z$/),
      tokens: { 'ssh.g8': host.tokens('etc/server.toml')['ssh.g8'] },
      services: { ssh: { generation: 8, staged_at: stagedAt, finalize_at: finalizeAt } },
    });
    settle();
    expect(lines('continue')).toEqual([expect.stringMatching(/^ssh wait grace 7 8 \d+$/)]);
    host.write('fakes/listening', listener(slot(2222, 7)) + listener(slot(2222, 8)));
    host.write('fakes/answering', `${slot(2222, 8)}\n`);
    expect(lines('continue')).toEqual(['ssh finalize verified 8 0 0']);
    expect(host.read('fakes/listening')).toBe(listener(slot(2222, 8)));
    expect(Object.keys(host.tokens('etc/server.toml'))).toEqual(['ssh.g8']);
    expect(host.list('state/fragments/server')).toEqual(['00-head.toml', '50-ssh.g8.toml']);
    expect(host.has('etc/pending-tokens.json')).toBe(false);
    expect(host.read('fakes/probes')).toBe(`telnet://${slot(2222, 8)}\n`);
    expect(lines('due')).toEqual(['ssh nothing fresh 8 0 0']);
  });
});

describe('what it decides and prints', () => {
  let tunnel: FakeTunnel;
  const start = (policy: Partial<Policy> = {}) => {
    tunnel = new FakeTunnel(policy);
    return tunnel;
  };
  afterEach(() => tunnel.host.remove());
  const audited = () =>
    tunnel.host
      .read('log/audit.jsonl')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));

  test('a straggler is held, and that is in the audit log once', () => {
    const { host } = start({ grace: 0 });
    tunnel.run('rotate', 'ssh');
    for (let round = 0; round < 3; round++)
      expect(tunnel.run('continue').stdout).toMatch(/^ssh hold straggler-held 7 8 \d+\n$/);
    expect(audited().map(({ operation, outcome }) => [operation, outcome])).toEqual([
      ['stage', 'ok'],
      ['straggler-held', 'held'],
    ]);
    tunnel.poll();
    expect(tunnel.run('--actor', 'timer', 'continue').stdout).toBe('ssh finalize verified 8 0 0\n');
    expect(audited().at(-1)).toMatchObject({ sequence: 3, actor: 'timer', target: 'ssh', generation: 8 });
    expect(host.list('etc/backups')).not.toEqual([]);
  });

  test.each(['blue-green', 'in-place'] as const)('%s: a straggler is visited, not each second', (cutover) => {
    const { host } = start({ grace: 0, cutover });
    tunnel.run('rotate', 'ssh');
    for (let round = 0; round < 3; round++) tunnel.run('verify');
    expect(host.read('fakes/probes').trim().split('\n')).toHaveLength(3);
    for (let round = 0; round < 3; round++) tunnel.run('continue');
    expect(host.read('fakes/probes').trim().split('\n')).toHaveLength(4);
  });

  test.each([
    ['blue-green', slot(2222, 7), 'offline'],
    ['in-place', '192.0.2.1:2222', 'switch-offline'],
  ] as const)(
    '%s: a listener that is left of a client that is gone holds nothing',
    (cutover, where, rule) => {
      const { host } = start({ grace: 0, cutover });
      tunnel.run('rotate', 'ssh');
      host.write('fakes/answering', '');
      host.write('fakes/deserted', `${where}\n`);
      expect(tunnel.run('continue').stdout).toBe(`ssh finalize ${rule} 8 0 0\n`);
      expect(audited().map(({ operation }) => operation)).toEqual(['stage', 'finalize']);
    },
  );

  test('a straggler whose target is down is one all the same', () => {
    const { host } = start({ grace: 0 });
    tunnel.run('rotate', 'ssh');
    host.write('fakes/answering', '');
    expect(tunnel.run('continue').stdout).toMatch(/^ssh hold straggler-held 7 8 \d+\n$/);
  });

  test('a listener whose client does not answer is no proof, and is not asked each second', () => {
    const { host } = start();
    tunnel.run('rotate', 'ssh');
    tunnel.poll();
    host.write('fakes/answering', `${slot(2222, 7)}\n`);
    for (let round = 0; round < 3; round++)
      expect(tunnel.run('continue').stdout).toMatch(/^ssh wait grace 7 8 \d+\n$/);
    expect(host.read('fakes/probes').trim().split('\n')).toHaveLength(2);
  });

  test('where neither generation answers, the target is down: verified, and said so', () => {
    const { host } = start();
    tunnel.run('rotate', 'ssh');
    tunnel.poll();
    host.write('fakes/answering', '');
    expect(tunnel.run('continue').stdout).toBe('ssh finalize verified 8 0 0\n');
    expect(audited().at(-1).detail).toContain('the target behind the client is down');
  });

  test('in place the switch moves by one grace as long as a connected client was not told', () => {
    start({ cutover: 'in-place', grace: 0 });
    tunnel.run('rotate', 'ssh');
    expect(tunnel.run('continue').stdout).toMatch(/^ssh postpone switch-held 7 8 \d+\n$/);
    tunnel.poll();
    expect(tunnel.run('continue').stdout).toBe('ssh finalize switch 8 0 0\n');
  });

  test.each([
    ['another answer', 200, 'sync.conf', false],
    ['another answer', 304, 'client.toml', false],
    ['that one', 403, 'sync.conf', false],
    ['that one', 200, 'client.toml', false],
    ['that one', 200, 'sync.conf', true],
    ['that one', 304, 'sync.conf', true],
  ])('in place, %s seen with status %i of %s: told %s', (which, status, file, told) => {
    const { host } = start({ cutover: 'in-place', grace: 0 });
    tunnel.run('rotate', 'ssh');
    const tag = which === 'that one' ? tunnel.tag : '1-1';
    host.write('state/seen', `other 1 ${file} ${status} ${tunnel.tag} 5\npc 1 ${file} ${status} ${tag} 5\n`);
    expect(tunnel.run('verify').stdout).toMatch(told ? / finalize switch / : / postpone switch-held /);
  });

  test('no more than at_most are staged, the oldest tokens first', () => {
    const { host } = start();
    host.enroll('old', { port: 2223 }, 'steady 4 0 4 0 0 500');
    host.enroll('unknown', { port: 2224 }, 'steady 4 0 4 0 0 -');
    expect(tunnel.run('due').stdout).toMatch(
      /^unknown stage unknown-age 4 5 \d+\nold stage overdue 4 5 \d+\nssh wait full 7 0 0\n$/,
    );
  });

  test('continue stages nothing, and verify does nothing at all', () => {
    const { host } = start();
    const before = host.snapshot();
    expect(tunnel.run('continue').stdout).toBe('');
    expect(tunnel.run('continue', 'ssh').stdout).toBe('ssh wait overdue 7 0 0\n');
    expect(tunnel.run('verify').stdout).toBe('ssh stage overdue 7 0 0\n');
    expect(host.snapshot()).toEqual(before);
  });

  test('another listener at the next slot refuses, with an exit status of its own', () => {
    const { host } = start();
    host.write('fakes/listening', listener(slot(2222, 8), 99));
    expect(tunnel.run('rotate', 'ssh')).toMatchObject({
      status: 3,
      stdout: 'ssh refuse slot-foreign 7 0 0\n',
    });
    expect(tunnel.run('cancel', 'ssh')).toMatchObject({
      status: 3,
      stdout: 'ssh refuse nothing-staged 7 0 0\n',
    });
    expect(host.record('ssh').phase).toBe('steady');
  });

  test('nginx that takes no configuration stops a finalize before server.toml, but no revocation', () => {
    const { host } = start({ protocol: 'udp' });
    tunnel.run('rotate', 'ssh');
    tunnel.poll();
    host.write('fakes/nginx-broken', '');
    expect(tunnel.run('continue').status).toBe(1);
    expect(Object.keys(host.tokens('etc/server.toml'))).toEqual(['ssh.g7', 'ssh.g8']);
    expect(tunnel.run('compromised', 'ssh').status).toBe(1);
    expect(Object.keys(host.tokens('etc/server.toml'))).toEqual(['ssh.g10']);
    expect(host.record('ssh')).toMatchObject({ phase: 'steady', current: 10 });
  });

  test('a record that makes no sense stops everything before anything is touched', () => {
    const { host } = start();
    host.write('state/rotation/ssh/record', 'steady 7\n');
    const before = host.snapshot();
    const { status, stderr } = tunnel.run('rotate');
    expect([status, stderr]).toEqual([
      1,
      expect.stringContaining(`look at ${host.path('state/rotation/ssh')}`),
    ]);
    expect(host.snapshot()).toEqual(before);
  });

  test('backups go by number and by age, and the last one stays', () => {
    const { host } = start();
    const backup = (at: number) => `etc/backups/server.toml.20200101_0000${String(at).padStart(2, '0')}`;
    for (let at = 0; at < 55; at++) host.write(backup(at), 'old');
    utimesSync(host.path(backup(54)), 1e9, 1e9);
    tunnel.run('rotate', 'ssh');
    const left = host.list('etc/backups').filter((name) => !name.startsWith('.'));
    expect(left).toHaveLength(49);
    expect(left.at(-1)).toMatch(/^server\.toml\.202[1-9]/);
    for (const name of left) utimesSync(host.path(`etc/backups/${name}`), 1e9, 1e9);
    tunnel.run('cancel', 'ssh');
    expect(host.list('etc/backups').filter((name) => !name.startsWith('.'))).toHaveLength(1);
  });

  test('wait prints what changes and how long it still waits, and ends when nothing is in motion', async () => {
    start();
    tunnel.run('rotate', 'ssh');
    // It counts in whole seconds: one that ended while it looks would leave nothing to tell.
    await sleep(1000 - (Date.now() % 1000));
    expect(tunnel.host.run('wait', '1', 'ssh').stdout).toMatch(/^ssh wait [a-z]+ 7 8 \d+\n- 1\n/);
    tunnel.poll();
    tunnel.settle();
    expect(tunnel.host.run('wait', '60', 'ssh')).toMatchObject({
      status: 0,
      stdout: 'ssh finalize verified 8 0 0\n',
    });
  });

  test.each([
    [[]],
    [['bogus']],
    [['wait']],
    [['wait', 'soon']],
    [['--actor', 'a "b"', 'due']],
    [['due', 'nobody']],
  ])('%j is a mistake', (words) => {
    start();
    expect(tunnel.host.run(...words)).toMatchObject({ status: 2, stdout: '' });
  });
});

describe("the listener of a slot that is given up is ended before its generation goes, if it is rathole's", () => {
  let host: RotateHost;
  beforeEach(() => {
    host = new RotateHost();
    host.enroll('ssh');
    host.enroll('web', { port: 8080 });
    host.run('rotate');
  });
  afterEach(() => host.remove());

  test('cancelled: the new one, of the services that are meant', () => {
    const [ssh, web] = [2222, 8080].map((port) => listener(slot(port, 7)) + listener(slot(port, 8)));
    host.write('fakes/listening', `${ssh}${web}`);
    expect(host.run('cancel', 'web').stdout).toBe('web cancel cancel 7 0 0\n');
    expect(host.read('fakes/listening')).toBe(`${ssh}${listener(slot(8080, 7))}`);
    expect(host.read('fakes/slept')).toBe(`${DRAIN_SECONDS}\n`);
    expect(host.list('state/fragments/server')).toContain('50-web.g7.toml');
  });

  test('meanwhile nobody new gets there, and who is queued is taken', () => {
    const [ssh, web] = [2222, 8080].map((port) => listener(slot(port, 7)) + listener(slot(port, 8)));
    host.write('fakes/listening', `${ssh}${web}`);
    host.write('fakes/queued', `LISTEN 1 128 ${slot(8080, 8)} 0.0.0.0:*\n`);
    expect(host.run('cancel')).toMatchObject({ status: 0, stderr: '' });
    const firewall = host.read('fakes/firewall');
    const address = (port: number) => slot(port, 8).split(':')[0];
    expect(firewall).toContain(`elements = { ${address(2222)} timeout 30s, ${address(8080)} timeout 30s, }`);
    expect(firewall).toMatch(/\}\ndelete table ip reconcile_drain\n$/);
    expect(host.read('fakes/slept')).toBe(`0.05\n${DRAIN_SECONDS}\n`);
  });

  test('also without a firewall', () => {
    host.write('fakes/no-firewall', '');
    host.write('fakes/listening', listener(slot(8080, 8)));
    expect(host.run('cancel', 'web')).toMatchObject({ status: 0, stderr: '' });
    expect(host.read('fakes/listening')).toBe('');
    expect(host.read('fakes/slept')).toBe(`${DRAIN_SECONDS}\n`);
  });

  test('also that of a client who came while this ran', () => {
    host.write('fakes/comes', listener(slot(8080, 8)));
    host.write('rotate', faultAt(host.script, 'drain', 'before', 'cat "$FAKES/comes" >"$FAKES/listening"'));
    expect(host.run('cancel', 'web').stdout).toBe('web cancel cancel 7 0 0\n');
    expect(host.read('fakes/listening')).toBe('');
  });

  test("another program's is left alone, and nobody there is waited for", () => {
    const listening = `${listener(slot(2222, 7))}${listener(slot(2222, 8), 66)}`;
    host.write('fakes/listening', listening);
    expect(host.run('cancel', 'ssh').stdout).toBe('ssh cancel cancel 7 0 0\n');
    expect(['', `${SETTLE_SECONDS}\n`], 'but a login').toContain(host.read('fakes/slept'));
    expect(host.read('fakes/listening')).toBe(listening);
  });
});

describe('who was logging in while his generation went, and is let in after all', () => {
  let tunnel: FakeTunnel;
  const at = (generation: number, protocol?: 'udp') => listener(slot(2222, generation), undefined, protocol);
  afterEach(() => tunnel.host.remove());

  /** Stages; then the order is given, and after its operation logins end in these listeners, by generation. */
  function run(
    order: string,
    before: string,
    operation: Operation,
    late: readonly number[],
    policy?: Partial<Policy>,
  ) {
    tunnel = new FakeTunnel({ finalize: 'at-deadline', grace: 0, ...policy });
    const { host } = tunnel;
    tunnel.run('rotate', 'ssh');
    host.write('fakes/held', '');
    host.write('fakes/listening', before);
    const lines = late.map((generation) => `ssh.g${generation} ${at(generation, policy?.protocol as 'udp')}`);
    host.write('fakes/logins', lines.join(''));
    host.write('fakes/connected', '');
    const login = `touch "$ETC/server.toml"; cat "$FAKES/logins" >"$FAKES/late"
      echo '0 0 ${slot(2222, 7)} 127.0.0.1:5' >"$FAKES/connected"`;
    host.write('rotate', faultAt(host.script, operation, 'after', login.replaceAll('\n', ';')));
    expect(tunnel.run(order, 'ssh')).toMatchObject({ status: 0, stderr: '' });
    host.write('rotate', host.script);
    expect(host.read('fakes/late')).toBe('');
    expect(Object.keys(host.tokens('etc/server.toml'))).toEqual([`ssh.g${host.record('ssh').current}`]);
    expect(host.read('etc/server.toml')).toBe(
      host.read('state/fragments/server/00-head.toml') +
        host.read(`state/fragments/server/50-ssh.g${host.record('ssh').current}.toml`),
    );
    return host.read('fakes/slept').trim().split('\n');
  }

  test('finalized: dropped, once the login is over', () => {
    expect(run('continue', '', 'server', [7])).toContain(`${SETTLE_SECONDS}`);
  });

  test('cancelled', () => {
    expect(run('cancel', at(7), 'server', [8])).toContain(`${SETTLE_SECONDS}`);
    expect(tunnel.host.read('fakes/listening')).toBe(at(7));
  });

  test('of a client that was connected none was under way: nobody is waited for', () => {
    expect(run('cancel', `${at(7)}${at(8)}`, 'server', [])).toEqual([`${DRAIN_SECONDS}`]);
  });

  test('with UDP', () => {
    run('cancel', at(7, 'udp'), 'server', [8], { protocol: 'udp' });
  });

  test.each(['server', 'cut'] as const)(
    'compromised, after %s: at both slots, for nobody was told of the new generation; what is open is cut',
    (operation) => {
      run('compromised', '', operation, [7, 8]);
      expect(tunnel.host.read('fakes/connected')).toBe('');
    },
  );

  test('compromised, and completed when the new generation is published: that one is left alone', () => {
    run('compromised', '', 'server', []);
    const { host } = tunnel;
    host.write('state/rotation/ssh/record', 'compromised 7 10 10 0 0 1000\n');
    host.write('state/fragments/server/50-ssh.g7.toml', '\n[server.services."ssh.g7"]\ntoken = "old"\n');
    host.write('fakes/late', `ssh.g7 ${at(7)}`);
    host.write('fakes/listening', at(10));
    expect(tunnel.run('continue', 'ssh')).toMatchObject({ status: 0, stderr: '' });
    expect(host.read('fakes/late')).toBe('');
    expect(host.read('fakes/listening')).toBe(at(10));
  });

  test('not dropped: server.toml is not loaded, and the client is not told', () => {
    tunnel = new FakeTunnel({ grace: 0 });
    const { host } = tunnel;
    tunnel.run('rotate', 'ssh');
    host.write('fakes/held', '');
    host.write('fakes/listening', at(7));
    const told = host.read('state/pull/pc/client.toml');
    const { status, stderr } = tunnel.run('compromised', 'ssh');
    expect({ status, stderr }).toEqual({
      status: 1,
      stderr: expect.stringContaining('rathole-server has not loaded server.toml'),
    });
    expect(host.read('state/pull/pc/client.toml')).toBe(told);
    expect(host.record('ssh')).toMatchObject({ phase: 'compromised' });
  });
});

test('a pending-tokens.json that was left behind keeps nobody from rotating', () => {
  const host = new RotateHost();
  host.enroll('ssh');
  host.write('etc/pending-tokens.json', '{{{');
  expect(host.run('verify').stdout).toMatch(/^ssh tidy leftover 7 0 0$/m);
  expect(host.run('rotate').stdout).toMatch(/^ssh stage asked 7 8 \d+$/m);
  expect(Object.keys(JSON.parse(host.read('etc/pending-tokens.json')).tokens)).toEqual(['ssh.g8']);
  host.remove();
});

describe('what the program needs and does not find', () => {
  let host: RotateHost;
  beforeEach(() => {
    host = new RotateHost();
    host.enroll('ssh');
  });
  afterEach(() => host.remove());

  test.each([
    ['awk', 'awk does not say who listens'],
    ['flock', 'the lock cannot be taken: see that flock (util-linux) is there'],
  ])('%s is named, and nothing is done', (name, message) => {
    host.break(name);
    expect(host.run('rotate')).toMatchObject({
      status: 1,
      stdout: '',
      stderr: expect.stringContaining(message),
    });
    expect(host.read('state/rotation/ssh/record')).toBe('steady 7 0 7 0 0 1000\n');
  });

  test('what was not decided is not promised', () => {
    host.break('sync');
    const { status, stderr } = host.run('rotate');
    expect({ status, stderr }).toMatchObject({
      status: 1,
      stderr: expect.stringContaining(
        '"arm" failed; what was not decided by then is not done: ask for it again',
      ),
    });
    expect(host.read('state/rotation/ssh/record')).toBe('steady 7 0 7 0 0 1000\n');
  });
});
