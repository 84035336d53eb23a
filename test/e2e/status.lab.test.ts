import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { HostStatus } from '../../src/model/status.ts';
import { observe } from '../facts/observe-lab.ts';
import { useLab } from '../lab/vitest.ts';
import { serveTargets } from '../prober/lab.ts';
import { polls } from './joined.ts';
import { TAKE_LOCK } from './rotating.ts';
import { Operator } from './tunnel.ts';

/** Seconds between polls. */
const POLL = 5;

const lab = useLab({ vps: ['edge'], clients: ['desktop'] });
let operator: Operator;
const desktop = () => lab().host('desktop');

beforeAll(async () => {
  operator = await Operator.start(lab(), ['edge']);
  await serveTargets(desktop(), { id: 'desktop', http: 8000 });
  const web = { client: 'desktop', local: '127.0.0.1:8000', bind: '0.0.0.0:8080' };
  operator.playbook({ services: { web }, poll: `${POLL}s`, clients: ['desktop'] });
});
afterAll(() => operator?.[Symbol.dispose]());

async function status() {
  const { code, stdout, stderr } = await operator.run(operator.argv('status', '--format', 'json'));
  expect(stderr).toBe('');
  const [host] = JSON.parse(stdout).hosts as readonly HostStatus[];
  const [client, service] = [host?.clients[0], host?.services[0]];
  if (host === undefined || client === undefined || service === undefined) throw new Error(stdout);
  return { code, client, service, rules: host.attention.map(({ rule }) => rule) };
}
type Found = Awaited<ReturnType<typeof status>>;

/** Looks until it is so. */
async function becomes(what: string, isSo: (found: Found) => boolean): Promise<Found> {
  let found = await status();
  for (let looks = 0; !isSo(found); looks++) {
    if (looks === 20) throw new Error(`not ${what}: ${JSON.stringify(found)}`);
    await sleep(1000);
    found = await status();
  }
  return found;
}

test('before the first apply, nothing of what is declared is there', async () => {
  const found = await status();
  expect(found).toMatchObject({ code: 6, client: { state: 'absent' }, service: { state: 'absent' } });
  expect(found.rules).toContain('not-applied');
});

test('a client that was given its bundle has all, serves, and all is well', async () => {
  expect(await operator.apply()).toMatchObject({ code: 0, stderr: '' });
  expect(await status()).toMatchObject({
    client: { state: 'never' },
    service: { state: 'steady', generations: [{ generation: 1, listener: 'free' }] },
  });
  expect(await operator.bundle('desktop', 'desktop.sh')).toMatchObject({ code: 0 });
  await desktop().write('/root/desktop.sh', readFileSync(operator.at('desktop.sh')), { mode: '0600' });
  await desktop().must('sh /root/desktop.sh');
  const { code, client, service } = await becomes(
    'well',
    (found) => found.code === 0 && found.service.generations[0]?.listener === 'ours',
  );
  expect({ code, client, service }).toMatchObject({
    code: 0,
    client: { state: 'current', behind: [], pending: [], poll: POLL, key: { current: 1, used: 1 } },
    service: { state: 'steady', token: { state: 'fresh' }, connections: 0 },
  });
});

test('a visitor is counted while he is there', async () => {
  const visit = "require('net').connect(8080, 'edge.test'); setTimeout(process.exit, 12_000)";
  await using visitor = lab().control.start([process.execPath, '-e', visit]);
  expect(await becomes('visited', ({ service }) => service.connections === 1)).toMatchObject({ code: 0 });
  await visitor.ended;
  await becomes('left', ({ service }) => service.connections === 0);
});

test('a rotation that its client does not know of is staged; then the client is late', async () => {
  await polls(lab(), 'stop');
  const rotated = await operator.run(operator.argv('rotate', '--yes', '--no-wait'));
  expect(rotated).toMatchObject({ code: 0 });
  expect(await status()).toMatchObject({
    client: { behind: ['sync.conf', 'client.toml'], pending: ['web'] },
    service: {
      state: 'staged',
      generations: [
        { generation: 1, listener: 'ours' },
        { generation: 2, listener: 'free' },
      ],
      rotation: { next: 2, finalizeAt: expect.any(Number) },
    },
  });
  await observe(lab(), 'edge', 'tunnel');
  const late = await becomes('late', ({ client }) => client.state === 'late');
  expect(late).toMatchObject({ code: 6, rules: ['client-late'] });
});

test('all is well again once it polls', async () => {
  await polls(lab(), 'start');
  const found = await becomes('steady', ({ service }) => service.state === 'steady');
  expect(found.service.generations).toEqual([{ generation: 2, listener: 'ours' }]);
  await becomes('well', ({ code, client }) => code === 0 && client.state === 'current');
});

test('a server.toml that rathole ignores is said, while it serves by what it has loaded', async () => {
  const edge = lab().host('edge');
  const replace = (command: string) => edge.must(`cd /etc/rathole && ${command} >new && mv new server.toml`);
  await edge.must('cp -p /etc/rathole/server.toml /root/server.toml');
  for (const broken of ["sed '$s/.$//' /root/server.toml", "sed 's/^type/typ/' /root/server.toml"]) {
    await replace(broken);
    const { code, rules, service } = await status();
    expect({ code, rules }).toEqual({ code: 6, rules: ['server-toml-ignored'] });
    expect(service.generations[0]?.listener).toBe('ours');
  }
  await edge.must('cp -p /root/server.toml /etc/rathole/new && mv /etc/rathole/new /etc/rathole/server.toml');
  await becomes('well', ({ code }) => code === 0);
});

test('a timer that was stopped and disabled is said', async () => {
  const edge = lab().host('edge');
  await edge.must('systemctl disable --now reconcile-finalize.timer');
  expect(await status()).toMatchObject({ code: 6, rules: ['not-running', 'not-enabled'] });
  await edge.must('systemctl enable --now reconcile-finalize.timer');
  expect(await status()).toMatchObject({ code: 0, rules: [] });
});

test('a pending-tokens.json that makes no sense is said', async () => {
  const edge = lab().host('edge');
  await edge.must('systemctl stop reconcile-finalize.timer; echo nonsense >/etc/rathole/pending-tokens.json');
  expect(await status()).toMatchObject({ code: 6, rules: ['not-running', 'pending-invalid'] });
  expect(await operator.plan()).toMatchObject({
    code: 5,
    stdout: expect.stringContaining('[pending-invalid]'),
  });
  await edge.must('rm /etc/rathole/pending-tokens.json; systemctl start reconcile-finalize.timer');
  expect(await status()).toMatchObject({ code: 0, rules: [] });
});

test('whoever asks while another run is at work is told so', async () => {
  await becomes('well', ({ code }) => code === 0);
  await using other = lab().host('edge').start(`${TAKE_LOCK}; echo held; exec sleep 300`);
  await other.line(/held/);
  const verify = await operator.run(operator.argv('verify'));
  expect(verify).toMatchObject({
    code: 3,
    stdout: '',
    stderr: expect.stringMatching(/^edge: another run has been at work there for 30 s\n {2}mend: ask again/),
  });
});

test('a program that does not run is said, and a host that is off is not reached', async () => {
  const edge = lab().host('edge');
  await edge.must('systemctl stop rathole-server');
  expect(await status()).toMatchObject({ code: 6, rules: ['not-running'] });
  await edge.must('systemctl start rathole-server');
  await edge.crash();
  expect(await operator.run(operator.argv('status'))).toMatchObject({ code: 4 });
});
