import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { LOCK_PATIENCE } from '../../src/artifacts/lock.ts';
import { LOCK } from '../../src/artifacts/paths.ts';
import { observeScript, parseObservation } from '../../src/facts/index.ts';
import type { Facts } from '../../src/model/observed.ts';
import { useLab } from '../lab/vitest.ts';
import { observe as observeIn, there } from './observe-lab.ts';

const lab = useLab({ vps: ['edge'], bare: ['plain'] });
const edge = () => lab().host('edge');
const observe = (host: string, ...rest: [capture?: string, shell?: string]) =>
  observeIn(lab(), host, ...rest);

const TOKENS = [`${'5ec2e7'.repeat(10)}0001`, 'weak-secret', `${'5ec2e7'.repeat(10)}0002`] as const;
const SALT = `${'c0ffee'.repeat(10)}cafe`;
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');
const print = (value: string) => `{{fingerprint ${sha256(`${SALT}${value}\n`).slice(0, 8)}}}`;

const SERVER_TOML = `# Made by reconcile.
[server]
bind_addr = "127.0.0.1:2333"

[server.services."ssh.g1"]
token = "${TOKENS[0]}"
bind_addr = "127.77.8.174:1019"

[server.services.other]
token = '${TOKENS[1]}'
bind_addr = "127.0.0.1:7000"
`;

test('a bare host has nothing, and nothing is unreadable', async () => {
  const facts = await observe('plain', 'bare');
  expect(Object.entries(facts).filter(([, reading]) => reading.kind === 'unreadable')).toEqual([]);
  expect(facts).toMatchObject({
    os: { value: { id: 'debian', version: '12' } },
    root: { value: true },
    missingPrograms: { value: ['nginx'] },
    files: { value: {} },
    units: { value: {} },
    nginx: { kind: 'absent' },
    users: { value: { rathole: false } },
  });
});

test('dash and bash see the same', async () => {
  const [dash, bash] = [await observe('edge', undefined, 'dash'), await observe('edge', undefined, 'bash')];
  const still = (facts: Facts) =>
    JSON.stringify({ ...facts, clock: 0, disk: 0 }).replace(/(\d{10})\.\d+/g, '$1');
  expect(still(bash)).toBe(still(dash));
});

test('files have owner, mode, hash and a text without secrets', async () => {
  await edge().must(`useradd --system rathole; install -d -m 0750 -o root -g rathole /etc/rathole
    install -d -m 0700 /var/lib/reconcile /var/lib/reconcile/fragments /var/lib/reconcile/fragments/server
    ln -s /etc/hostname /etc/rathole/link; mkfifo /etc/rathole/pipe`);
  const own = { mode: '0640', owner: 'root:rathole' };
  await edge().write('/etc/rathole/server.toml', SERVER_TOML, own);
  const pending = JSON.stringify({ generated: '2026-11-21T01:02:03Z', tokens: { ssh: TOKENS[2] } });
  await edge().write('/etc/rathole/pending-tokens.json', pending, { mode: '0600' });
  await edge().write(
    '/var/lib/reconcile/fragments/server/50-ssh.g1.toml',
    'token = """\nweak-secret"""\n',
    own,
  );

  const unsalted = there((await observe('edge')).files)['/etc/rathole/server.toml'];
  expect(unsalted?.text).toContain('token = "{{fingerprint unknown}}"');

  await edge().write('/var/lib/reconcile/salt', `${SALT}\n`, { mode: '0600' });
  const said = await edge().must(['sh'], { stdin: observeScript });
  for (const secret of [...TOKENS, SALT]) expect(said).not.toContain(secret);
  const files = there(parseObservation(said).files);
  expect(files['/etc/rathole/server.toml']).toMatchObject({
    type: 'file',
    owner: 'root',
    group: 'rathole',
    mode: '0640',
    sha256: createHash('sha256').update(SERVER_TOML).digest('hex'),
    text: SERVER_TOML.replace(TOKENS[0], print(TOKENS[0])).replace(TOKENS[1], print(TOKENS[1])),
  });
  expect(files['/etc/rathole/pending-tokens.json']?.text).toBe(pending.replace(TOKENS[2], print(TOKENS[2])));
  expect(files['/var/lib/reconcile/fragments/server/50-ssh.g1.toml']).toMatchObject({
    withheld: expect.stringContaining('line 1'),
    sha256: expect.any(String),
  });
  expect(files['/etc/rathole']).toMatchObject({ type: 'directory', group: 'rathole', mode: '0750' });
  expect(files['/etc/rathole/link']).toMatchObject({ type: 'symlink', target: '/etc/hostname' });
  expect(files['/etc/rathole/pipe']).toMatchObject({ type: 'other' });
  expect(files['/etc/rathole/client.toml']).toBeUndefined();
});

test('a file that even root cannot read is unreadable, not absent', async () => {
  // The first bytes of a process's memory: reading them is an input/output error.
  await edge().must('mount --bind /proc/1/mem /etc/rathole/server.toml');
  const files = there((await observe('edge')).files);
  await edge().must('umount /etc/rathole/server.toml');
  expect(files['/etc/rathole/server.toml']).toMatchObject({
    type: 'file',
    unreadable: 'Input/output error',
  });
  expect(files['/etc/rathole/server.toml']).not.toHaveProperty('text');
});

test('records of rotation are read as they stand; one that makes no sense is unreadable, never absent', async () => {
  expect((await observe('edge')).rotations).toEqual({ kind: 'absent' });
  const folder = '/var/lib/reconcile/rotation';
  await edge().must(`cd /var/lib/reconcile && mkdir -p rotation/ssh rotation/dns rotation/fresh
    echo 'staged 7 8 8 1795226000 1795226900 1794621200' >rotation/ssh/record
    echo 'gone 0 0 3 0 0 -' >rotation/dns/record`);
  expect(there((await observe('edge')).rotations)).toEqual({
    dns: { phase: 'gone', current: 0, next: 0, highest: 3, stagedAt: 0, finalizeAt: 0, rotatedAt: undefined },
    ssh: {
      ...{ phase: 'staged', current: 7, next: 8, highest: 8 },
      ...{ stagedAt: 1_795_226_000, finalizeAt: 1_795_226_900, rotatedAt: 1_794_621_200 },
    },
  });
  await edge().must(`: >${folder}/fresh/record`);
  expect((await observe('edge')).rotations).toMatchObject({
    kind: 'unreadable',
    why: expect.stringContaining('fresh/record makes no sense'),
  });
  await edge().must(`rm ${folder}/fresh/record`);
});

test('units are seen as they run, and as they would be loaded', async () => {
  await edge().must(`install -d /usr/local/lib/reconcile/bin; cp /bin/sleep /usr/local/lib/reconcile/bin/rathole-0.5.0-0123456789ab
    printf '#!/bin/sh\\necho "rathole 0.4.8"\\n' >/usr/local/bin/rathole; chmod 755 /usr/local/bin/rathole`);
  await edge().write(
    '/etc/systemd/system/rathole-server.service',
    '# Made by reconcile.\n[Service]\nExecStart=/usr/local/lib/reconcile/bin/rathole-0.5.0-0123456789ab 9999\n',
  );
  await edge().must('systemctl daemon-reload && systemctl start rathole-server');
  const before = await observe('edge', 'running');
  expect(there(before.units)['rathole-server.service']).toMatchObject({
    active: 'active',
    enabled: 'static',
    needDaemonReload: false,
    executable: '/usr/local/lib/reconcile/bin/rathole-0.5.0-0123456789ab',
    mainPid: expect.any(Number),
  });
  const started = there(before.units)['rathole-server.service']?.activeSince ?? 0;
  expect(Math.abs(there(before.clock) - started)).toBeLessThan(60);
  expect(there(before.rathole)).toEqual({ '/usr/local/bin/rathole': '0.4.8' });

  await edge().must(`mkdir -p /etc/systemd/system/rathole-server.service.d
    printf '[Service]\\nEnvironment=TOKEN=weak-secret\\n' >/etc/systemd/system/rathole-server.service.d/own.conf`);
  const after = await observe('edge');
  expect(there(after.units)['rathole-server.service']).toMatchObject({ needDaemonReload: true });
  expect(there(after.files)['/etc/systemd/system/rathole-server.service.d/own.conf']).toMatchObject({
    withheld: 'was not made by reconcile',
  });
  await edge().must('systemctl daemon-reload');
  expect(there((await observe('edge')).units)['rathole-server.service']).toMatchObject({
    needDaemonReload: false,
    dropIns: ['/etc/systemd/system/rathole-server.service.d/own.conf'],
  });
});

test('whoever is not root is told what could not be read', async () => {
  const facts = parseObservation(await edge().must(['sh'], { stdin: observeScript, user: 'visitor' }));
  expect(facts.root).toEqual({ kind: 'present', value: false });
  expect(facts.files).toMatchObject({
    kind: 'unreadable',
    why: expect.stringContaining('Permission denied'),
  });
});

test('observing changes nothing', async () => {
  await edge().must('touch /run/before; sleep 0.05');
  await observe('edge');
  const changed = await edge().must(
    'find /etc /usr/local /var /run /root /tmp -xdev -newer /run/before ! -path "/run/systemd/*" ! -path "/var/log/journal/*" ! -path /run',
  );
  expect(changed).toBe('');
});

/** The lock is held, and a file is written in two parts meanwhile. */
const writeHalf = (seconds: number) =>
  edge().must(`exec 9>>${LOCK} && flock 9 && cd /etc/rathole && echo half >pending-tokens.json
    (sleep ${seconds}; echo whole >>pending-tokens.json) >/dev/null 2>&1 &`);
const pendingHash = async () =>
  there((await observe('edge')).files)['/etc/rathole/pending-tokens.json']?.sha256;

test('what is being changed under the lock is looked at when that is done', async () => {
  await writeHalf(1);
  expect(await pendingHash()).toBe(sha256('half\nwhole\n'));
});

test('a lock that is held on and on hides nothing', async () => {
  const inHaste = observeScript.replace(`-w ${LOCK_PATIENCE} `, '-w 1 ');
  expect(inHaste).not.toBe(observeScript);
  await writeHalf(10);
  const { files } = parseObservation(await edge().must(['sh'], { stdin: inHaste }));
  expect(there(files)['/etc/rathole/pending-tokens.json']?.sha256).toBe(sha256('half\n'));
});

test('a reader who stops reading keeps nobody from the lock', async () => {
  // The listing of a thousand files is more than a pipe holds.
  await edge().must(
    `cd /etc/rathole && mkdir many && cd many && seq 1000 | xargs touch
    cat >/run/observe; { echo begun >/run/begun; sh /run/observe | sleep 50; echo over >/run/over; } >/dev/null 2>&1 &`,
    {
      stdin: observeScript,
    },
  );
  await edge().must(
    `until [ -e /run/begun ]; do sleep 0.05; done; sleep 1; flock -w 40 ${LOCK} test ! -e /run/over`,
  );
  await edge().must('rm -r /etc/rathole/many');
});

test('it is quick', async () => {
  // The processor's time: the wall's depends on what else this machine does.
  const { stderr } = await edge().exec(
    [
      'bash',
      '-c',
      "cat >/tmp/observe; TIMEFORMAT='%U %S'; for i in 1 2 3 4 5; do time sh /tmp/observe >/dev/null; done",
    ],
    { stdin: observeScript },
  );
  const seconds = stderr
    .trim()
    .split('\n')
    .map((line) => line.split(' ').reduce((sum, part) => sum + Number(part), 0));
  expect(seconds).toHaveLength(5);
  expect(Math.min(...seconds)).toBeLessThan(0.15);
});

test('the same script serves a read-only key with a forced command', async () => {
  await edge().write('/usr/local/lib/reconcile/observe', observeScript, { mode: '0755', owner: 'root:root' });
  const key = join(lab().sshKey, '..', 'watcher');
  await lab().control.must(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', key]);
  const publicKey = await lab().control.must(['cat', `${key}.pub`]);
  const entry = `restrict,command="sudo -n /usr/local/lib/reconcile/observe" ${publicKey}`;
  await edge().must('cat >>/home/deploy/.ssh/authorized_keys', { stdin: entry });
  const argv = ['ssh', '-F', lab().sshConfig, '-o', 'IdentitiesOnly=yes', '-o', `IdentityFile=${key}`];
  const said = await lab().control.must([...argv, 'deploy@edge', 'sudo -n sh'], { stdin: observeScript });
  expect(there(parseObservation(said).files)['/usr/local/lib/reconcile/observe']?.sha256).toBe(
    sha256(observeScript),
  );
});
