import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { LOCK_PATIENCE } from '../../src/artifacts/lock.ts';
import { useLab } from '../lab/vitest.ts';
import { waitFor } from '../lab/wait.ts';
import { Operator } from './tunnel.ts';
import { leftovers, stateOf } from './untouched.ts';
import { desktopIsThere, SERVICES, serveDesktop, visitAll } from './visitor.ts';

const lab = useLab({ vps: ['edge'], clients: ['desktop'] });
let operator: Operator;

/** One more service: about ten steps, with a reload of nginx. */
const MORE = { ...SERVICES, echo: { client: 'desktop', local: '127.0.0.1:7', bind: '0.0.0.0:7007' } };
const less = () => operator.playbook({ services: SERVICES, more: ['prune: true'] });
const more = () => operator.playbook({ services: MORE });

beforeAll(async () => {
  operator = await Operator.start(lab(), ['edge']);
  operator.playbook({ services: SERVICES });
  expect(await operator.apply()).toMatchObject({ code: 0, stderr: '' });
  await serveDesktop(lab());
});
afterAll(() => operator?.[Symbol.dispose]());

/** After each fault the old services serve, nothing is left over, and the next apply sees that it has converged. */
afterEach(async () => {
  const edge = lab().host('edge');
  await visitAll(lab());
  expect(await leftovers(edge)).toBe('');
  expect(await operator.apply()).toMatchObject({ code: 0, stderr: '' });
  less();
  expect(await operator.apply()).toMatchObject({ code: 0 });
  await desktopIsThere(edge);
});

/**
 * Starts applies whose transactions have arrived and wait for the lock, which is shared with who observes; `fault`
 * happens; the lock is released.
 */
async function appliesDuring(count: number, fault: () => Promise<void>) {
  const edge = lab().host('edge');
  await edge.must('systemd-run --quiet --unit=holder flock -s -o /run/reconcile.lock sleep 60');
  await until(
    'the lock to be held',
    async () => (await edge.exec('flock -n /run/reconcile.lock true')).code !== 0,
  );
  const applying = Promise.all(Array.from({ length: count }, () => operator.apply()));
  await until(
    'the transactions to wait for the lock',
    async () => (await edge.exec(`pgrep -c -f "flock -w ${LOCK_PATIENCE} [9]"`)).stdout === `${count}\n`,
  );
  await fault();
  await edge.must('systemctl stop holder');
  return applying;
}

const applyDuring = async (fault: () => Promise<void>) => (await appliesDuring(1, fault))[0];

const until = (what: string, condition: () => Promise<boolean>) =>
  waitFor(async () => (await condition()) || undefined, { what });

const ended = (text: string) =>
  until(`the journal to end with ${text}`, async () =>
    (await lab().host('edge').must('tail -n 1 /var/lib/reconcile/journal')).endsWith(` ${text}\n`),
  );

test('a listen address that is taken after the plan: taken back, and what served serves on', async () => {
  const edge = lab().host('edge');
  more();
  const apply = await applyDuring(async () => {
    await edge.must(
      `systemd-run --quiet --unit=squatter node -e 'require("net").createServer().listen(7007, "0.0.0.0")'`,
    );
    await edge.listening(7007);
  });
  await edge.must('systemctl stop squatter');
  expect(apply).toMatchObject({
    code: 3,
    stderr: expect.stringContaining('nginx kept its old configuration'),
  });
  expect(await edge.must('grep -c 7007 /etc/nginx/reconcile/stream.conf || :')).toBe('0\n');
  expect(await edge.must('grep -c echo /etc/rathole/server.toml || :')).toBe('0\n');
});

test('a foreign file that appears after the plan: taken back, and what served serves on', async () => {
  const edge = lab().host('edge');
  more();
  const apply = await applyDuring(async () => {
    await edge.must('echo "no_such_directive on;" >/etc/nginx/conf.d/foreign.conf');
  });
  await edge.must('rm /etc/nginx/conf.d/foreign.conf && nginx -t');
  expect(apply).toMatchObject({ code: 3, stderr: expect.stringContaining('no_such_directive') });
  expect(await edge.must('grep -c echo /etc/rathole/server.toml || :')).toBe('0\n');
});

test('a file that is edited after the plan: nothing is touched', async () => {
  const edge = lab().host('edge');
  more();
  let before = '';
  const apply = await applyDuring(async () => {
    await edge.must('echo "# mine" >>/etc/rathole/server.toml');
    before = await stateOf(edge);
  });
  expect(apply).toMatchObject({
    code: 3,
    stderr: expect.stringContaining('was changed after this was planned'),
  });
  const files = (state: string) => state.split('\n').filter((line) => line.startsWith('/etc/'));
  expect(files(await stateOf(edge))).toEqual(files(before));
});

test('a disk that fills up after the plan: taken back', async () => {
  const edge = lab().host('edge');
  more();
  try {
    const apply = await applyDuring(() => edge.disk.fill());
    expect(apply).toMatchObject({ code: 3, stderr: expect.stringMatching(/No space left on device/) });
  } finally {
    await edge.disk.free();
  }
  expect(await edge.must('grep -c echo /etc/rathole/server.toml || :')).toBe('0\n');
});

const served = () =>
  visitAll(lab()).then(
    () => true,
    () => false,
  );

test('a cable that is cut in the middle: the host goes on to the end, the operator is told', async () => {
  const edge = lab().host('edge');
  more();
  const apply = await applyDuring(async () => {
    await edge.cable.cut();
  });
  await edge.cable.mend();
  await ended('end ok');
  expect(apply).toMatchObject({ code: 3, stderr: expect.stringContaining('the connection broke') });
  expect(await operator.plan()).toMatchObject({ code: 0 });
  // The cut outlived rathole's patience: its client comes back, and the first visitors meet dead channels.
  await until('the tunnel to be back', served);
  // Each of its services comes back in its own time; those of a fresh client are all there at once.
  await lab().host('desktop').must('systemctl restart client');
  await until('the fresh client to serve', served);
});

test('two applies at once: one does it, the other sees that it came too late', async () => {
  more();
  const both = await appliesDuring(2, async () => {});
  const codes = both.map(({ code }) => code).sort();
  expect(codes, both.map(({ stderr }) => stderr).join()).toEqual([0, 3]);
  expect(both.map(({ stderr }) => stderr).join()).toMatch(/after this was planned|is there by now/);
});

test('an operator that is killed at any step: the host goes on to the end', async () => {
  const edge = lab().host('edge');
  more();
  const steps: number = JSON.parse((await operator.plan('--format', 'json')).stdout).hosts[0].steps.length;
  expect(steps).toBeGreaterThan(5);
  for (let step = 1; step <= steps; step++) {
    if (step % 2 === 1) more();
    else less();
    const controller = operator.start('apply', '--yes');
    await controller.line(new RegExp(`^edge: (${step}/|observing)`));
    await controller.stop('SIGKILL');
    await ended('end ok');
    expect(await operator.plan(), `killed at step ${step}`).toMatchObject({ code: 0 });
  }
  expect(await leftovers(edge)).toBe('');
});

test('a transaction that arrives cut off anywhere does nothing, and the whole one does all', async () => {
  const edge = lab().host('edge');
  less();
  expect(await operator.apply()).toMatchObject({ code: 0 });
  const drift = () =>
    edge.must(
      "sed -i 's/healthy/poorly/' /etc/nginx/conf.d/reconcile.conf && rm /etc/sysctl.d/60-reconcile.conf",
    );
  await drift();
  const apply = await applyDuring(async () => {
    // The file itself is gone as soon as it is read.
    await edge.must(
      "cp $(find /proc/[0-9]*/fd -lname '/run/reconcile.*/script*' 2>/dev/null | head -n 1) /root/transaction",
    );
  });
  expect(apply).toMatchObject({ code: 0 });

  // What was found the first time is there again, so nothing but the cut keeps the script from acting.
  await drift();
  const before = await stateOf(edge);
  const cuts = await edge.must(
    `mkdir /root/tx; lines=$(wc -l </root/transaction); cuts=0
      try() { cuts=$((cuts + 1)); sh /root/tx/script /root/tx $$ </dev/null 2>/dev/null; }
      for line in $(seq $((lines - 1))); do head -n "$line" /root/transaction >/root/tx/script; try; done
      for bytes in $(seq 2 20); do head -c "-$bytes" /root/transaction >/root/tx/script; try; done
      echo "$cuts" "$lines"; ls /root/tx`,
    { timeout: 100_000 },
  );
  const [, tried, lines] = /^(\d+) (\d+)\nscript\n$/.exec(cuts) ?? [];
  expect(Number(lines)).toBeGreaterThan(300);
  expect(Number(tried)).toBe(Number(lines) + 18);
  expect(await stateOf(edge)).toBe(before);

  expect(await edge.must('sh /root/transaction /root/tx $$ </dev/null 2>&1')).toMatch(/^end ok$/m);
  expect(await operator.plan()).toMatchObject({ code: 0 });
  await edge.must('rm -r /root/tx /root/transaction');
});
