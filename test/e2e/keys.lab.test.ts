import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { useLab } from '../lab/vitest.ts';
import { serveTargets } from '../prober/lab.ts';
import { pollNow } from './joined.ts';
import { Operator } from './tunnel.ts';

const POLL = 5;
/** The least that a playbook may say, in seconds. */
const MAX_AGE = 60;

const lab = useLab({ bare: ['edge'], clients: ['desktop'] });
let operator: Operator;
const desktop = () => lab().host('desktop');
const edge = () => lab().host('edge');

const keysOf = () => edge().must('cd /var/lib/reconcile/keys && sha256sum desktop.k* | cut -c 1-76');
const keyThere = async () =>
  (await desktop().must("sed 's/.*://' /etc/rathole/home-edge/key | tr -d '\\n' | sha256sum")).slice(0, 64);
const record = () => edge().must('cut -d " " -f 1-3 /var/lib/reconcile/clients/desktop/key');
const polled = { timeout: 6 * POLL * 1000, interval: 500 };

async function applied(): Promise<void> {
  const { code, stderr } = await operator.apply();
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
}

beforeAll(async () => {
  operator = await Operator.start(lab(), ['edge']);
  await serveTargets(desktop(), { id: 'desktop', http: 8000 });
  operator.playbook({
    services: { web: { client: 'desktop', local: '127.0.0.1:8000', bind: '0.0.0.0:8080' } },
    poll: `${POLL}s`,
    more: [`rotation: { max_age: ${MAX_AGE}s, grace: 10m }`],
  });
  await applied();
  await operator.bundle('desktop', 'desktop.sh');
  await desktop().write('/root/desktop.sh', readFileSync(operator.at('desktop.sh')), { mode: '0600' });
  await desktop().must('sh /root/desktop.sh');
});
afterAll(() => operator?.[Symbol.dispose]());

test('a key that is due is announced by an apply, used by its client, and only then ended by the next', async () => {
  await edge().must(`touch -d '-1 hour' /var/lib/reconcile/keys/desktop.k1`);
  await edge().must(`sed -i 's/[0-9]*$/1700000000/' /var/lib/reconcile/clients/desktop/key`);
  const before = await keyThere();
  await applied();
  expect(await record()).toBe('announced 1 2\n');
  await expect.poll(keyThere, polled).not.toBe(before);
  expect(await keysOf()).toContain(await keyThere());
  await expect.poll(() => edge().must('cat /var/log/reconcile/pull.log'), polled).toContain('desktop.k2');
  await applied();
  expect(await record()).toBe('steady 2 0\n');
  expect(await edge().must('ls /var/lib/reconcile/keys')).toBe('desktop.k2\n');
  expect(await edge().must('cat /etc/nginx/reconcile/keys.conf')).not.toContain('desktop.k1');
  expect(await pollNow(desktop(), 'home-edge')).toMatchObject({ code: 0 });
  expect(await edge().must('cat /var/log/reconcile/audit.jsonl')).toMatch(/announce-key[\s\S]*retire-key/);
});

test('the installer that brought the old key does not bring it back', async () => {
  const key = await keyThere();
  await desktop().must('sh /root/desktop.sh');
  expect(await keyThere()).toBe(key);
});

test('no key is in any log, argv or environment of the server', async () => {
  const key = (await edge().must('cat /var/lib/reconcile/keys/desktop.k2')).trim();
  const found = await edge().exec(
    `grep -rlF -e ${key.slice(0, 16)} /var/log /run/reconcile* /tmp 2>/dev/null; journalctl --no-pager | grep -cF ${key.slice(0, 16)}`,
  );
  expect(found.stdout).toBe('0\n');
});

test('a compromised client is out at once, and back with a new bundle', async () => {
  const key = await keyThere();
  const [node = '', main = '', , ...files] = operator.argv('plan');
  const order = ['rotate', '--compromised', '--client', 'desktop', '--yes', '--no-wait'];
  const { code, stdout } = await operator.run([node, main, ...order, ...files]);
  expect({ code, stdout }).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('desktop needs a new bundle'),
  });
  expect(await edge().must('ls /var/lib/reconcile/keys')).toBe('desktop.k3\n');
  expect(await pollNow(desktop(), 'home-edge')).toMatchObject({ code: 2 });
  expect(await keyThere()).toBe(key);
  await operator.join(desktop());
  const web = () => lab().control.exec(['curl', '-s', '--max-time', '2', 'http://edge.test:8080/']);
  await expect.poll(async () => (await web()).stdout, polled).toContain('desktop GET /');
});
