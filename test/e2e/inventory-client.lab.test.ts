import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { useLab } from '../lab/vitest.ts';
import { serveTargets } from '../prober/lab.ts';
import { pollNow } from './joined.ts';
import { sampleProcesses } from './sampling.ts';
import { Operator, type PlaybookText } from './tunnel.ts';
import { leftovers } from './untouched.ts';

const lab = useLab({ vps: ['edge'], bare: ['desktop'] });
let operator: Operator;

const FOLDER = '/etc/rathole/home-edge';
const web = { client: 'desktop', local: '127.0.0.1:8000', bind: '0.0.0.0:8080' };
const playbook = (services: PlaybookText['services']) =>
  operator.playbook({ services, hosts: 'edge', more: ['prune: true'], clients: ['desktop'] });
const desktop = () => lab().host('desktop');
const edge = () => lab().host('edge');

/** All that an apply could touch on the client. */
const stateOfClient = () =>
  desktop().must(`find /etc /usr/local /var/lib/reconcile -printf '%p %m %u:%g %i %T@ %C@ %s\\n' 2>/dev/null | sort
    systemctl show rathole-client@home-edge.service reconcile-sync@home-edge.timer rathole-client@home-edge.path \\
      --property=Id,MainPID,NRestarts,ActiveEnterTimestampMonotonic,InvocationID,UnitFileState`);

/** Waits until the service answers from outside: rathole has just been started. */
async function answers(): Promise<void> {
  const argv = ['curl', '-s', '--max-time', '2', 'http://edge.test:8080/'];
  for (let count = 0; count < 50; count++) {
    if ((await lab().control.exec(argv)).stdout.startsWith('desktop GET /')) return;
    await sleep(100);
  }
  throw new Error('the tunnel does not answer');
}

beforeAll(async () => {
  operator = await Operator.start(lab(), ['edge', 'desktop']);
  await serveTargets(desktop(), { id: 'desktop', http: 8000 });
  playbook({ web });
});
afterAll(() => operator?.[Symbol.dispose]());

test('one apply brings a bare server and its client to a tunnel that answers, and shows the key nowhere', async () => {
  const stopSampling = sampleProcesses();
  const plan = await operator.plan('--full');
  expect(plan).toMatchObject({ code: 2, stderr: '' });
  expect(plan.stdout).toContain('header = X-Api-Key:{{key home-edge}}');
  const applied = await operator.apply();
  expect(applied).toMatchObject({ code: 0, stderr: '' });
  expect(applied.stdout).toContain('desktop: done, and seen to be in effect');
  await answers();
  const processes = await stopSampling();
  expect(processes).toContain('/run/reconcile.');
  const key = (await edge().must('cat /var/lib/reconcile/keys/desktop.k1')).trim();
  expect(key).toMatch(/^[0-9a-f]{32}$/);
  for (const text of [plan.stdout, applied.stdout, processes]) expect(text).not.toContain(key);
  const seen = `journalctl --no-pager | grep -c -F -f - || :`;
  for (const host of [edge(), desktop()]) expect(await host.must(seen, { stdin: key })).toBe('0\n');
  expect(await desktop().must('grep -rl -F -f - /run /tmp /var/log 2>/dev/null || :', { stdin: key })).toBe(
    '',
  );
  expect(await desktop().must(`stat -c '%a %U:%G' ${FOLDER} ${FOLDER}/key ${FOLDER}/client.toml`)).toBe(
    '2750 root:rathole\n600 root:rathole\n640 root:rathole\n',
  );
  expect(await leftovers(desktop())).toBe('');
});

test('a second plan is empty, and a second apply touches nothing', async () => {
  const before = await stateOfClient();
  expect(await operator.plan()).toMatchObject({ code: 0, stderr: '' });
  expect(await operator.apply()).toMatchObject({ code: 0, stderr: '' });
  expect(await stateOfClient()).toBe(before);
});

test('drift on the client is seen with its cause and mended, by a run for that host alone', async () => {
  await desktop().must(`rm ${FOLDER}/key
    chmod 0644 ${FOLDER}/client.toml
    sed -i 's/^RestartSec=1/RestartSec=60/' /etc/systemd/system/rathole-client@.service
    echo >>/usr/local/lib/reconcile/sync
    systemctl disable --quiet --now reconcile-sync@home-edge.timer`);
  const { stdout, code } = await operator.plan('--limit', 'desktop');
  expect(code).toBe(2);
  expect(stdout).toContain(`+ ${FOLDER}/key`);
  expect(stdout).toContain(`${FOLDER}/client.toml: 0644 root:rathole -> 0640 root:rathole (the mode is 0644`);
  expect(stdout).toContain('-RestartSec=60');
  expect(stdout).toContain('/usr/local/lib/reconcile/sync (the text differs)');
  expect(stdout).toContain('unit reconcile-sync@home-edge.timer: inactive -> active (it is inactive)');
  expect(stdout).toMatch(/live connections of web \(\d+ now\).*rathole-client restarts/);
  expect(stdout).not.toContain('edge (tunnel home)');
  expect(await operator.apply('--limit', 'desktop')).toMatchObject({ code: 0, stderr: '' });
  expect(await operator.plan()).toMatchObject({ code: 0, stderr: '' });
  expect(await pollNow(desktop(), 'home-edge')).toMatchObject({ code: 0 });
  await answers();
});

test('a client that joins no server any more is taken down', async () => {
  playbook({ web: { ...web, client: 'attic' } });
  const { code, stderr } = await operator.apply();
  expect(code, stderr).toBe(0);
  const left = `ls -d ${FOLDER} /etc/systemd/system/rathole-client* /usr/local/lib/reconcile/sync 2>/dev/null || :
    systemctl list-units --all --plain --no-legend 'rathole*' 'reconcile*'`;
  expect(await desktop().must(left)).toBe('');
  expect(await operator.plan()).toMatchObject({ code: 0 });
});
