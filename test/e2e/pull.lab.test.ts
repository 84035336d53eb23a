import { readFileSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { observe, there } from '../facts/observe-lab.ts';
import { useLab } from '../lab/vitest.ts';
import { Probing, serveTargets } from '../prober/lab.ts';
import { pollNow } from './joined.ts';
import { Operator, type PlaybookText } from './tunnel.ts';

/** Seconds between polls: the least that still shows "within one poll" on a busy machine. */
const POLL = 5;
/** What a tick, its jitter, the transfer and rathole's own reload may add to a poll. */
const SLACK = 6;

const lab = useLab({ bare: ['edge', 'spare'], clients: ['desktop'] });
let operator: Operator;

const echo = (port: number) => ({ client: 'desktop', local: '127.0.0.1:7000', bind: `0.0.0.0:${port}` });
const web = { client: 'desktop', local: '127.0.0.1:8000', bind: '0.0.0.0:8080' };
const playbook = (services: PlaybookText['services']) =>
  operator.playbook({ services, poll: `${POLL}s`, more: ['prune: true'], clients: ['desktop'] });
const desktop = () => lab().host('desktop');
const edge = () => lab().host('edge');

async function applied(...options: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await operator.apply(...options);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout;
}

const answer = (host: string, port: number) =>
  lab().control.exec(['curl', '-s', '--max-time', '2', `http://${host}.test:${port}/`]);

/** Waits until the service answers; gives the seconds that it took. */
async function answers(host: string, port: number, within: number): Promise<number> {
  const start = performance.now();
  const seconds = () => (performance.now() - start) / 1000;
  while (seconds() < within) {
    if ((await answer(host, port)).stdout.startsWith('desktop GET /')) return seconds();
    await sleep(100);
  }
  throw new Error(`${host}:${port} does not answer within ${within} s`);
}

/** The edge's view: what it served to whom, and what is on disk. */
const pullLog = () => edge().must('cat /var/log/reconcile/pull.log');
const toml = () => desktop().must('cat /etc/rathole/home-edge/client.toml');

beforeAll(async () => {
  operator = await Operator.start(lab(), ['edge', 'spare']);
  await serveTargets(desktop(), { id: 'desktop', http: 8000, tcp: 7000 });
  playbook({ web, keep: echo(7007), old: echo(7008) });
  await applied();
});
afterAll(() => operator?.[Symbol.dispose]());

test('a machine behind NAT joins both servers, given only its bundle', async () => {
  const { code, stdout, stderr } = await operator.bundle('desktop', 'desktop.sh');
  expect({ code, stdout }).toEqual({ code: 0, stdout: '' });
  expect(stderr).toMatch(
    /^wrote .*desktop\.sh: copy it to the client, run `sh desktop\.sh` there as root, .*\n$/,
  );
  expect(statSync(operator.at('desktop.sh')).mode & 0o777).toBe(0o600);
  await desktop().write('/root/desktop.sh', readFileSync(operator.at('desktop.sh')), { mode: '0600' });
  await desktop().must('sh /root/desktop.sh && rm /root/desktop.sh');
  await answers('edge', 8080, SLACK);
  await answers('spare', 8080, SLACK);
});

test('a second plan is empty, also while the client polls', async () => {
  await sleep(2 * POLL * 1000);
  expect(await operator.plan()).toMatchObject({ code: 0, stderr: '' });
  const log = await pullLog();
  expect(log).toMatch(/"client":"desktop","key":"desktop.k1","file":"\/api\/v1\/sync.conf","status":304/);
  expect(log).not.toMatch(/[0-9a-f]{32}/);
});

test('an observation tells who pulled, and that it has what is published', async () => {
  const { records, keys, published, seen } = there((await observe(lab(), 'edge', 'pulling')).pulls);
  expect(records['desktop']).toMatchObject({ phase: 'steady', current: 1, next: 0 });
  expect(keys).toEqual([
    { client: 'desktop', number: 1, fingerprint: expect.stringMatching(/^[0-9a-f]{8}$/) },
  ]);
  for (const file of ['sync.conf', 'client.toml'] as const) {
    const etag = published['desktop']?.[file];
    expect(etag).toMatch(/^[0-9a-f]+-[0-9a-f]+$/);
    expect(seen).toContainEqual(expect.objectContaining({ client: 'desktop', key: 1, file, etag }));
  }
});

test('a new service is there within one poll, and a long-lived connection of another lives on', async () => {
  const probing = await Probing.start(lab().control, {
    seconds: 300,
    holds: [{ name: 'keep', host: 'edge.test', port: 7007, every: 50, connections: 3 }],
  });
  playbook({ web, keep: echo(7007), old: echo(7008), added: { ...web, bind: '0.0.0.0:8081' } });
  await applied();
  const seconds = await answers('edge', 8081, POLL + SLACK);
  const { holds } = await probing.stop();
  expect(holds['keep']).toMatchObject({ opened: 3, survived: 3 });
  console.info(`a new service answered ${seconds.toFixed(1)} s after its apply; polls are ${POLL} s apart`);
});

test('a removed service refuses, and its live connections end; others live on', async () => {
  const hold = (name: string, port: number) => ({ name, host: 'edge.test', port, every: 50, connections: 3 });
  const probing = await Probing.start(lab().control, {
    seconds: 300,
    holds: [hold('keep', 7007), hold('old', 7008)],
  });
  playbook({ web, keep: echo(7007) });
  const { stdout } = await operator.plan();
  expect(stdout).toMatch(/live connections of old \(3 now\)/);
  await applied();
  const { holds } = await probing.stop();
  expect(holds['keep']).toMatchObject({ opened: 3, survived: 3 });
  expect(holds['old']).toMatchObject({ opened: 3, survived: 0 });
  expect((await answer('edge', 7008)).code).toBe(7);
  expect(await operator.plan()).toMatchObject({ code: 0, stderr: '' });
  await expect.poll(toml, { timeout: (POLL + SLACK) * 1000 }).not.toContain('old.g1');
});

test('the log is folded into the last-seen file, and a plan still sees who pulled', async () => {
  await edge().must('systemctl start reconcile-fold.service');
  expect(await edge().must('cat /var/lib/reconcile/seen')).toMatch(
    /^desktop 1 sync\.conf (200|304) [0-9a-f]+-[0-9a-f]+ \d+$/m,
  );
  expect(await edge().must('stat -c %s /var/log/reconcile/pull.log')).toMatch(/^\d{1,4}\n$/);
  expect(await edge().must('stat -c %a:%U /var/lib/reconcile/seen')).toBe('600:root\n');
});

test('a client that is taken out of the YAML loses key, folder and services', async () => {
  operator.playbook({ services: { web: { ...web, client: 'laptop' } } });
  await applied();
  const left = 'find /var/lib/reconcile /etc/rathole /etc/nginx -name "*desktop*" -not -path "*/backups/*"';
  expect(await edge().must(left)).toBe('');
  expect(await edge().must('cat /etc/nginx/reconcile/keys.conf')).not.toContain('desktop');
  expect(await pollNow(desktop(), 'home-edge')).toMatchObject({ code: 2 });
  expect((await answer('edge', 7007)).code).toBe(7);
});
