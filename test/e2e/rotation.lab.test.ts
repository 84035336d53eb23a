import { setTimeout } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { FINALIZE_TIMER, ROTATE } from '../../src/artifacts/paths.ts';
import { useLab } from '../lab/vitest.ts';
import { waitFor } from '../lab/wait.ts';
import { giveClientItsFile } from './client.ts';
import { Operator } from './tunnel.ts';
import { leftovers } from './untouched.ts';
import { SERVICES, serveDesktop, visitAll } from './visitor.ts';

const lab = useLab({ vps: ['edge'], clients: ['desktop'] });
let operator: Operator;

beforeAll(async () => {
  operator = await Operator.start(lab(), ['edge']);
  operator.playbook({ services: SERVICES });
  expect(await operator.apply()).toMatchObject({ code: 0, stderr: '' });
  await serveDesktop(lab());
  await expectNothingToDo();
});
afterAll(() => operator?.[Symbol.dispose]());

/** What the records say: a line per service, without times. */
const records = () =>
  lab()
    .host('edge')
    .must('cd /var/lib/reconcile/rotation && for s in dns ssh web; do cut -d " " -f 1-3 "$s/record"; done');

async function expectNothingToDo(): Promise<string> {
  const { code, stdout, stderr } = await operator.plan();
  expect({ code, stderr }, stdout).toEqual({ code: 0, stderr: '' });
  expect(stdout).toContain('Nothing to do');
  return stdout;
}

const digestIn = (text: string) => /^Digest: ([0-9a-f]{64})$/m.exec(text)?.[1] ?? '';

const served = () =>
  visitAll(lab()).then(
    () => true,
    () => false,
  );

const until = (what: string, condition: () => Promise<boolean>) =>
  waitFor(async () => (await condition()) || undefined, { what, timeout: 60_000 });

const staged = (from: number, to: number) =>
  until(
    `generation ${to} to be staged`,
    async () => (await records()) === `staged ${from} ${to}\n`.repeat(3),
  );

const generationsServed = async () =>
  (
    await lab()
      .host('edge')
      .must('sed -n \'s/^.server.services."\\(.*\\)".$/\\1/p\' /etc/rathole/server.toml')
  )
    .trim()
    .split('\n');

test('rotate waits until the client has come with the new tokens, and ends the old ones', async () => {
  // Now and then the timer would be there first.
  await lab().host('edge').must(`systemctl stop ${FINALIZE_TIMER}`);
  const rotating = operator.run(operator.argv('rotate', '--yes', '--wait'));
  await staged(1, 2);
  expect(await generationsServed()).toEqual(['dns.g1', 'dns.g2', 'ssh.g1', 'ssh.g2', 'web.g1', 'web.g2']);
  // Until then nobody listens at the new slots, whatever the age of server.toml.
  await setTimeout(3_000);
  await giveClientItsFile(lab().host('desktop'), lab().host('edge'));
  const { code, stdout, stderr } = await rotating;
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout).toContain('edge: ssh g1 -> g2: the client has not come with the new token yet');
  expect(stdout).toContain('edge: ssh g2: verified: the client is connected with the new token');
  expect(stdout).toContain('edge: rotated');
  await lab().host('edge').must(`systemctl start ${FINALIZE_TIMER}`);
  expect(await records()).toBe('steady 2 0\n'.repeat(3));
  expect(await generationsServed()).toEqual(['dns.g2', 'ssh.g2', 'web.g2']);
  await giveClientItsFile(lab().host('desktop'), lab().host('edge'));
  await visitAll(lab());
});

test('the second plan is empty', async () => {
  await expectNothingToDo();
  expect(await leftovers(lab().host('edge'))).toBe('');
});

test('what is on its way is left alone by a plan, and named', async () => {
  const rotate = await operator.run(operator.argv('rotate', '--yes', '--no-wait', '--service', 'ssh'));
  expect(rotate).toMatchObject({ code: 0, stderr: '' });
  const plan = await expectNothingToDo();
  expect(plan).toContain('ssh g2 -> g3: ');
  expect(plan).toContain(
    'service ssh is in the middle of a rotation; what the playbook changes of it waits for its end',
  );
  const verify = await operator.run(operator.argv('verify'));
  expect(verify.stdout).toMatch(
    /^edge: wait: ssh g2 -> g3: (the client has not come with the new token yet|server\.toml is so new)/m,
  );
});

test('cancel brings the old token back, and the number is not used again', async () => {
  const cancel = await operator.run(operator.argv('cancel', '--yes'));
  expect(cancel).toMatchObject({ code: 0, stderr: '' });
  expect(await records()).toBe('steady 2 0\n'.repeat(3));
  await expectNothingToDo();
  await visitAll(lab());
});

test('left to the timer, a rotation is finalized after a reboot without anybody', async () => {
  const edge = lab().host('edge');
  const rotate = await operator.run(operator.argv('rotate', '--yes', '--no-wait'));
  expect(rotate).toMatchObject({ code: 0, stderr: '' });
  expect(await generationsServed()).toEqual(['dns.g2', 'dns.g3', 'ssh.g2', 'ssh.g5', 'web.g2', 'web.g3']);
  await edge.reboot();
  await giveClientItsFile(lab().host('desktop'), edge);
  await until(
    'the timer to finalize',
    async () => (await records()) === 'steady 3 0\nsteady 5 0\nsteady 3 0\n',
  );
  await giveClientItsFile(lab().host('desktop'), edge);
  await visitAll(lab());
  await expectNothingToDo();
});

test('the history tells all of it', async () => {
  const { code, stdout } = await operator.run(
    operator.argv('history', '--service', 'ssh', '--format', 'json'),
  );
  expect(code).toBe(0);
  const told = JSON.parse(stdout).map((entry: { operation: string; generation: number; actor: string }) => [
    entry.operation,
    entry.generation,
    entry.actor === 'timer',
  ]);
  expect(told).toEqual([
    ['make-token', 1, false],
    ['stage', 2, false],
    ['finalize', 2, expect.any(Boolean)],
    ['stage', 3, false],
    ['cancel', 3, false],
    ['stage', 5, false],
    ['finalize', 5, true],
  ]);
});

test('declared compromised, the old token ends at once', async () => {
  const rotate = await operator.run(
    operator.argv(
      'rotate',
      '--compromised',
      '--yes',
      '--allow',
      'interrupt-live-connections',
      '--service',
      'ssh',
    ),
  );
  expect(rotate).toMatchObject({ code: 0, stderr: '' });
  expect(await generationsServed()).toEqual(['dns.g3', 'ssh.g6', 'web.g3']);
  await giveClientItsFile(lab().host('desktop'), lab().host('edge'));
  await until('visitors to be served again', served);
  await expectNothingToDo();
});

test('apply starts what is older than max_age, which has no part in the digest, and waits for it', async () => {
  const edge = lab().host('edge');
  const digest = digestIn(await expectNothingToDo());
  await edge.must("sed -i 's/ [0-9]*$/ 1000000000/' /var/lib/reconcile/rotation/web/record");
  const plan = await operator.plan();
  expect(plan).toMatchObject({ code: 0, stderr: '' });
  expect(plan.stdout).toContain('web g3 -> g4: the token is older than max_age');
  expect(digestIn(plan.stdout)).toBe(digest);
  const applying = operator.run(operator.argv('apply', '--expect', digest, '--wait'));
  await until('web to be staged', async () => (await records()).endsWith('staged 3 4\n'));
  // Now and then the timer would be there first; until here a stopped timer is drift.
  await until('the wait to have begun', async () => {
    return (await edge.exec(['pgrep', '-f', `${ROTATE} .* wait `])).code === 0;
  });
  await edge.must(`systemctl stop ${FINALIZE_TIMER}`);
  await giveClientItsFile(lab().host('desktop'), edge);
  const apply = await applying;
  await edge.must(`systemctl start ${FINALIZE_TIMER}`);
  expect(apply).toMatchObject({ code: 0, stderr: '' });
  expect(apply.stdout).toContain('edge: web g4: verified: the client is connected with the new token');
  await giveClientItsFile(lab().host('desktop'), edge);
  await expectNothingToDo();
});

test('restored from a backup, a service that was pruned is back with a new number and a new token', async () => {
  const edge = lab().host('edge');
  const { ssh: _, ...others } = SERVICES;
  const tokenOf = (path: string) =>
    edge.must(`sed -n '/ssh.g/,$ s/^token = //p' ${path} | head -n 1 | sha256sum`);
  const before = await tokenOf('/etc/rathole/server.toml');
  operator.playbook({ services: others, more: ['prune: true'] });
  expect(await operator.apply()).toMatchObject({ code: 0, stderr: '' });
  expect(await generationsServed()).toEqual(['dns.g3', 'web.g4']);
  const pruned = await operator.run(operator.argv('restore', '--last', '--yes'));
  expect(pruned).toMatchObject({ code: 5, stderr: expect.stringContaining('[restore-pruned]') });
  operator.playbook({ services: others });
  const restore = await operator.run(operator.argv('restore', '--last', '--yes'));
  expect(restore).toMatchObject({ code: 0, stderr: '' });
  expect(await generationsServed()).toEqual(['dns.g3', 'ssh.g7', 'web.g4']);
  expect(await tokenOf('/etc/rathole/server.toml')).not.toBe(before);
  await giveClientItsFile(lab().host('desktop'), edge);
  await until('visitors to be served again', served);
  operator.playbook({ services: SERVICES });
  await expectNothingToDo();
});
