import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { PROJECT } from '../lab/project.ts';
import { useLab } from '../lab/vitest.ts';
import { Operator } from './tunnel.ts';
import { leftovers, stateOf } from './untouched.ts';
import { SERVICES, serveDesktop, sshThroughTunnel, visitAll } from './visitor.ts';

const lab = useLab({ bare: ['edge'], clients: ['desktop'] });
let operator: Operator;

beforeAll(async () => {
  operator = await Operator.start(lab(), ['edge']);
  operator.playbook({ services: SERVICES });
});
afterAll(() => operator?.[Symbol.dispose]());

test('a plan of a bare host has changes, and changes nothing', async () => {
  const edge = lab().host('edge');
  const { code, stdout, stderr } = await operator.plan();
  expect({ code, stderr }).toEqual({ code: 2, stderr: '' });
  expect(stdout).toContain('package nginx');
  expect(await edge.exec('ls /etc/rathole /var/lib/reconcile /usr/local/lib/reconcile')).toMatchObject({
    code: 2,
  });
});

test('one apply brings it to a running tunnel: HTTP, SSH and UDP answer from outside', async () => {
  const { code, stdout, stderr } = await operator.apply();
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toContain('edge: done, and seen to be in effect');
  await serveDesktop(lab());
  await visitAll(lab());
  expect(await sshThroughTunnel(lab(), 'hostname')).toBe('desktop\n');
  expect(await leftovers(lab().host('edge'))).toBe('');
});

test('a second plan is empty, and a second apply touches nothing', async () => {
  const edge = lab().host('edge');
  const before = await stateOf(edge);
  const plan = await operator.plan();
  expect(plan).toMatchObject({ code: 0, stderr: '' });
  expect(plan.stdout).toContain('Nothing to do');
  expect(await operator.apply()).toMatchObject({ code: 0, stderr: '' });
  expect(await stateOf(edge)).toBe(before);
});

test('nginx is a decoy for everybody but the tunnel', async () => {
  const edge = lab().host('edge');
  operator.write('ca.pem', await edge.read('/var/lib/reconcile/tls/ca.pem'));
  const curl = (...words: string[]) =>
    lab().control.must(['curl', '-sS', '--cacert', operator.at('ca.pem'), '--max-time', '5', ...words]);
  expect(await curl('https://edge.test/')).toBe('{"status":"ok"}\n');
  expect(await curl('https://edge.test/health')).toBe('{"status":"healthy"}\n');
  expect(await curl('-o', '/dev/null', '-w', '%{http_code} %{redirect_url}', 'http://edge.test/x')).toBe(
    '301 https://edge.test/x',
  );
  const headers = await curl('-D', '-', '-o', '/dev/null', 'https://edge.test/nothing');
  expect(headers).toMatch(/^x-content-type-options: nosniff/im);
  expect(headers).not.toMatch(/nginx\/\d/);
});

test('rathole is sandboxed, runs as its own user, and its files are its own', async () => {
  const edge = lab().host('edge');
  const security = await edge.must('systemd-analyze security rathole-server.service --no-pager');
  const exposure = Number(/exposure level for rathole-server.service: ([\d.]+)/.exec(security)?.[1]);
  expect(exposure).toBeLessThanOrEqual(2.5);
  expect(await edge.must('ps -o user= -p $(systemctl show --property=MainPID --value rathole-server)')).toBe(
    'rathole\n',
  );
  expect(await edge.must('stat -c "%a %U:%G" /etc/rathole /etc/rathole/server.toml')).toBe(
    '750 root:rathole\n640 root:rathole\n',
  );
});

test('all is back after a reboot', async () => {
  await lab().host('edge').reboot();
  expect(await operator.plan()).toMatchObject({ code: 0, stderr: '' });
});

test('it is taken out again as the docs say, and nothing of it is left', async () => {
  const edge = lab().host('edge');
  const [, commands = ''] =
    /```sh\n(.*?)```/s.exec(readFileSync(join(PROJECT, 'docs/taking-out.md'), 'utf8')) ?? [];
  expect(commands).not.toBe('');
  await edge.must(`set -e; ${commands}`);
  const left = await edge.must(
    "find /etc /usr/local /var/lib /var/log -iname '*reconcile*' -o -iname '*rathole*'; ls /run | grep -v lock | grep reconcile || :",
  );
  expect(left).toBe('');
  expect(await edge.must('systemctl list-units --all --plain --no-legend "rathole*" "reconcile*"')).toBe('');
  // nginx closes what it listened on a moment after its reload was asked for.
  await expect
    .poll(() => edge.must("ss -Htln | awk '{ print $4 }' | sort"), { timeout: 10_000 })
    .toBe('0.0.0.0:22\n0.0.0.0:80\n[::]:22\n[::]:80\n');
  expect(await operator.plan()).toMatchObject({ code: 2 });
});
