import { expect, test } from 'vitest';
import { TranscriptReader } from '../../src/execute/protocol.ts';
import { followCommand, PLACES } from '../../src/execute/script/frame.ts';
import { transactionScript } from '../../src/execute/script/transaction.ts';
import type { Expectation, Listening, Step } from '../../src/model/step.ts';
import type { Host } from '../lab/host.ts';
import { useLab } from '../lab/vitest.ts';
import { ABSENT, failing, was } from './steps.ts';

const lab = useLab({ vps: ['edge'], bare: ['plain'] });

const file = (path: string, text: string, expect: Expectation = ABSENT): Step => ({
  kind: 'write-file',
  path,
  text,
  expect,
  owner: 'root',
  group: 'root',
  mode: '0644',
});
const unit = (program: string) => `[Service]\nExecStart=${program}\nRestart=always\nRestartSec=1\n`;
const tcp = (port: number, address = '127.0.0.1'): Listening => ({ protocol: 'tcp', address, port });

async function apply(host: Host, steps: readonly Step[]) {
  const reader = new TranscriptReader(() => {});
  const { stdout, stderr, code } = await host.exec(followCommand(PLACES), {
    stdin: transactionScript(steps, { programs: new Map() }, 'me@here'),
  });
  reader.feed(stdout);
  return { ...reader.transcript, stderr, code, reason: reader.transcript.reasons.join('\n') };
}

const pids = (host: Host) =>
  host.must('pgrep -P "$(systemctl show --property=MainPID --value nginx)" | sort');

/** That nginx started no worker since: those of an earlier reload may have ended meanwhile. */
async function expectNoNewWorker(host: Host, before: string): Promise<void> {
  expect(before.split('\n')).toEqual(expect.arrayContaining((await pids(host)).split('\n')));
}

test('packages come from apt, and once they are there nothing moves', async () => {
  const plain = lab().host('plain');
  const steps: Step[] = [
    { kind: 'install-packages', manager: 'apt', packages: ['nginx', 'libnginx-mod-stream'] },
  ];
  expect(await apply(plain, steps)).toMatchObject({ end: 'ok' });
  expect(await plain.must('nginx -v 2>&1')).toContain('nginx/1.22');
  expect(await apply(plain, steps)).toMatchObject({ end: 'ok' });
  expect(await apply(plain, [{ ...steps[0], packages: ['no-such-package'] } as Step])).toMatchObject({
    end: 'backed-out',
    reason: expect.stringContaining('Unable to locate package no-such-package'),
  });
});

test('a user is made once, without a home or a shell', async () => {
  const edge = lab().host('edge');
  const steps: Step[] = [{ kind: 'create-user', name: 'rathole' }];
  expect(await apply(edge, steps)).toMatchObject({ end: 'ok' });
  expect(await apply(edge, steps)).toMatchObject({ end: 'ok' });
  expect(await edge.must('getent passwd rathole')).toMatch(/:\/nonexistent:\/usr\/sbin\/nologin$/m);
});

test('an nginx reload is seen by its new workers and listeners', async () => {
  const edge = lab().host('edge');
  const before = await pids(edge);
  const run = await apply(edge, [
    file('/etc/nginx/conf.d/good.conf', 'server { listen 127.0.0.1:8081; listen [::1]:8081; return 204; }\n'),
    { kind: 'check-nginx' },
    { kind: 'reload-nginx', listens: [tcp(8081), tcp(8081, '::1')] },
  ]);
  expect(run).toMatchObject({ end: 'ok', code: 0 });
  expect(await pids(edge)).not.toBe(before);
});

test('a configuration that nginx rejects goes, and what served before serves on', async () => {
  const edge = lab().host('edge');
  const before = await pids(edge);
  const run = await apply(edge, [
    file('/etc/nginx/conf.d/bad.conf', 'server { no_such_directive; }\n'),
    { kind: 'check-nginx' },
    { kind: 'reload-nginx', listens: [] },
  ]);
  expect(run).toMatchObject({ end: 'backed-out', failedStep: 2 });
  expect(run.reason).toContain('unknown directive "no_such_directive"');
  expect(await edge.exec('ls /etc/nginx/conf.d/bad.conf')).toMatchObject({ code: 2 });
  await expectNoNewWorker(edge, before);
});

test('a reload that only looks successful is caught, and taken back', async () => {
  const edge = lab().host('edge');
  await using squatter = edge.start([
    'node',
    '-e',
    'require("net").createServer().listen(8082, "127.0.0.1")',
  ]);
  await edge.listening(8082);
  const run = await apply(edge, [
    file('/etc/nginx/conf.d/taken.conf', 'server { listen 127.0.0.1:8082; return 204; }\n'),
    { kind: 'check-nginx' },
    { kind: 'reload-nginx', listens: [tcp(8082)] },
  ]);
  await squatter.stop();
  expect(run).toMatchObject({ end: 'backed-out', failedStep: 3 });
  expect(run.reason).toContain('bind() to 127.0.0.1:8082 failed');
  expect(run.reason).toContain('nginx kept its old configuration');
  expect(await edge.exec('ls /etc/nginx/conf.d/taken.conf')).toMatchObject({ code: 2 });
  expect(await edge.must('nginx -t 2>&1')).toContain('successful');
});

test('an nginx that is to start and runs already is reloaded, and taken back likewise', async () => {
  const edge = lab().host('edge');
  const steps = [
    file('/etc/nginx/conf.d/more.conf', 'server { listen 127.0.0.1:8083; return 204; }\n'),
    { kind: 'start-unit', unit: 'nginx.service', listens: [tcp(8083)] },
  ] satisfies Step[];
  const master = await edge.must('systemctl show --property=MainPID --value nginx');
  expect(await apply(edge, [...steps, failing])).toMatchObject({ end: 'backed-out', failedStep: 3 });
  // Old workers close their listeners by themselves.
  await expect.poll(() => edge.must('ss -Hltn sport = :8083'), { timeout: 5000 }).toBe('');
  expect(await apply(edge, steps)).toMatchObject({ end: 'ok' });
  expect(await edge.must('ss -Hltn sport = :8083')).not.toBe('');
  expect(await edge.must('systemctl show --property=MainPID --value nginx')).toBe(master);
});

test('a unit that ends at once is not taken for started', async () => {
  const edge = lab().host('edge');
  const run = await apply(edge, [
    file('/etc/systemd/system/short.service', unit('/bin/sh -c "echo cannot have the port >&2; exit 1"')),
    { kind: 'enable-unit', unit: 'short.service' },
    { kind: 'reload-systemd' },
    { kind: 'start-unit', unit: 'short.service', listens: [tcp(9000)] },
  ]);
  expect(run).toMatchObject({ end: 'backed-out' });
  expect(run.reason).toContain('cannot have the port');
  expect(await edge.must('systemctl show -p LoadState --value short.service')).toBe('not-found\n');
  expect(await edge.exec('systemctl is-active short.service')).toMatchObject({ stdout: 'inactive\n' });
});

test('another program on the port is not taken for the unit', async () => {
  const edge = lab().host('edge');
  const run = await apply(edge, [
    file('/etc/systemd/system/idle.service', unit('/bin/sleep 1000')),
    { kind: 'reload-systemd' },
    { kind: 'start-unit', unit: 'idle.service', listens: [tcp(8081)] },
  ]);
  expect(run).toMatchObject({ end: 'backed-out', failedStep: 3 });
  expect(run.reason).toContain('idle.service does not listen on tcp 127.0.0.1:8081');
  expect(await edge.exec('systemctl is-active idle.service')).toMatchObject({ stdout: 'inactive\n' });
});

test('a restart that fails leaves the old unit running', async () => {
  const edge = lab().host('edge');
  const path = '/etc/systemd/system/steady.service';
  await apply(edge, [
    file(path, unit('/bin/sleep 1000')),
    { kind: 'enable-unit', unit: 'steady.service' },
    { kind: 'reload-systemd' },
    { kind: 'start-unit', unit: 'steady.service', listens: [] },
  ]);
  const run = await apply(edge, [
    file(path, unit('/nonexistent/program'), was(unit('/bin/sleep 1000'))),
    { kind: 'reload-systemd' },
    { kind: 'restart-unit', unit: 'steady.service', listens: [tcp(9001)] },
  ]);
  expect(run).toMatchObject({ end: 'backed-out' });
  expect(await edge.must('systemctl is-active steady.service')).toBe('active\n');
  expect(await edge.must('systemctl show -p ExecStart --value steady.service')).toContain('/bin/sleep');
  expect(await edge.must('systemctl show -p NeedDaemonReload --value steady.service')).toBe('no\n');
});

test('disabling a unit is taken back too', async () => {
  const edge = lab().host('edge');
  expect(await apply(edge, [{ kind: 'disable-unit', unit: 'steady.service' }, failing])).toMatchObject({
    end: 'backed-out',
  });
  expect(await edge.must('systemctl is-active steady.service')).toBe('active\n');
  expect(await edge.must('systemctl is-enabled --root=/ nginx.service')).toBe('enabled\n');
});

test('a timer that is disabled takes along what it has begun, and nothing of that counts as failed', async () => {
  const edge = lab().host('edge');
  await edge.write(
    '/etc/systemd/system/poll@.service',
    '[Service]\nType=oneshot\nExecStart=/bin/sleep 1000\n',
  );
  await edge.write(
    '/etc/systemd/system/poll@.timer',
    '[Timer]\nOnActiveSec=0\n[Install]\nWantedBy=timers.target\n',
  );
  await edge.must('systemctl daemon-reload; systemctl enable --now --quiet poll@home.timer');
  await edge.must('until systemctl is-active poll@home.service | grep -q activating; do sleep 0.05; done');
  expect(await apply(edge, [{ kind: 'disable-unit', unit: 'poll@home.timer' }])).toMatchObject({ end: 'ok' });
  await edge.must('rm /etc/systemd/system/poll@.*; systemctl daemon-reload');
  expect(await edge.must("systemctl list-units --all --plain --no-legend 'poll@*'")).toBe('');
});

test('sysctls are set, and set back', async () => {
  const edge = lab().host('edge');
  const value = async () => (await edge.must('cat /proc/sys/net/ipv4/tcp_retries2')).trim();
  const before = await value();
  const steps: Step[] = [
    file('/etc/sysctl.d/60-test.conf', '# ours\nnet.ipv4.tcp_retries2 = 6\n'),
    { kind: 'apply-sysctls', path: '/etc/sysctl.d/60-test.conf' },
  ];
  expect(
    await apply(edge, [...steps, { kind: 'start-unit', unit: 'no-such.service', listens: [] }]),
  ).toMatchObject({ end: 'backed-out' });
  expect(await value()).toBe(before);
  expect(await apply(edge, steps)).toMatchObject({ end: 'ok' });
  expect(await value()).toBe('6');
});

test('an authority signs a certificate for names and addresses; a renewal keeps the key', async () => {
  const edge = lab().host('edge');
  const directory = '/var/lib/tls';
  const certificate: Step = { kind: 'make-certificate', directory, names: ['a.test', '192.0.2.7'], days: 90 };
  const made = await apply(edge, [
    { kind: 'make-directory', path: directory, owner: 'root', group: 'root', mode: '0700' },
    { kind: 'make-authority', directory, name: 'reconcile on edge', days: 3650 },
    certificate,
  ]);
  expect(made).toMatchObject({ end: 'ok' });
  const verify =
    'cd /var/lib/tls && openssl verify -x509_strict -CAfile ca.pem -verify_hostname a.test -purpose sslserver leaf.pem';
  expect(await edge.must(verify)).toBe('leaf.pem: OK\n');
  expect(
    await edge.must(`cd ${directory} && openssl x509 -in leaf.pem -noout -subject -ext subjectAltName`),
  ).toMatch(/CN = a.test.*DNS:a.test, IP Address:192.0.2.7/s);
  expect(await edge.must(`grep -c BEGIN ${directory}/leaf.pem`)).toBe('2\n');
  expect(await edge.must(`stat -c %a ${directory}/*`)).toBe('600\n600\n600\n600\n');
  const sums = `cd ${directory} && sha256sum leaf.key ca.key ca.pem`;
  const before = await edge.must(sums);
  expect(await apply(edge, [certificate])).toMatchObject({ end: 'ok' });
  expect(await edge.must(sums)).toBe(before);
  expect(await edge.must(verify)).toBe('leaf.pem: OK\n');
});
