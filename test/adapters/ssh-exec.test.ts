import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { LIMIT, useSsh } from './use-ssh.ts';

const { world, connect } = useSsh();

test('a command gets its input, and gives its status and both outputs', async () => {
  const host = await connect();
  expect(await host.exec('cat; echo bad >&2; exit 7', 'höre\n', LIMIT)).toEqual({
    code: 7,
    stdout: 'höre\n',
    stderr: 'bad\n',
  });
});

test('many commands share one connection', async () => {
  const host = await connect();
  const runs = await Promise.all([1, 2, 3].map(() => host.exec('echo "$SSH_CONNECTION"', '', LIMIT)));
  expect(new Set(runs.map(({ stdout }) => stdout)).size).toBe(1);
});

test('ten megabytes go in and come back whole', async () => {
  const host = await connect();
  const bytes = Buffer.alloc(10 * 1024 * 1024, 'reconcile');
  const { stdout } = await host.exec('sha256sum', bytes, LIMIT);
  expect(stdout.split(' ')[0]).toBe(createHash('sha256').update(bytes).digest('hex'));
  const echoed = await host.exec('cat', bytes, LIMIT);
  expect(echoed.stdout === bytes.toString()).toBe(true);
});

test('a command that ends before its input is read has its status all the same', async () => {
  const host = await connect();
  expect((await host.exec('exit 3', Buffer.alloc(10 * 1024 * 1024), LIMIT)).code).toBe(3);
  expect((await host.exec('true', '', LIMIT)).code).toBe(0);
});

test('output is heard while the command runs, and no character is torn', async () => {
  const host = await connect();
  const heard: string[] = [];
  const done = host.exec("printf 'h\\303'; sleep 0.2; printf '\\266re\\n'; cat", 'x', {
    ...LIMIT,
    onOutput: (text) => heard.push(text),
  });
  expect((await done).stdout).toBe('höre\nx');
  expect(heard[0]).toBe('h');
  expect(heard.join('')).toBe('höre\nx');
});

test('a command that a signal ends has a status above 128', async () => {
  const host = await connect();
  expect((await host.exec('kill -9 $$', '', LIMIT)).code).toBe(137);
});

test('a command that takes too long is not waited for', async () => {
  const host = await connect();
  const run = host.exec('exec sleep 5', '', { timeoutSeconds: 0.2 });
  await expect(run).rejects.toMatchObject({ code: 'unreachable', message: expect.stringContaining('0.2 s') });
});

test('a connection that breaks under a command is an error', async () => {
  const host = await connect();
  const run = host.exec('echo partly; kill $PPID; sleep 5', '', LIMIT);
  await expect(run).rejects.toMatchObject({ code: 'unreachable', message: expect.stringContaining('broke') });
  await expect(host.exec('true', '', LIMIT)).rejects.toMatchObject({ code: 'unreachable' });
});

test('a forced command runs instead, whatever is asked and given', async () => {
  const forced = await world.serve(['host'], ['ForceCommand echo forced']);
  world.configure(`Host target\n  Port ${forced}`);
  world.know(`[127.0.0.1]:${forced} ${world.publicKey('host')}`);
  const host = await connect();
  expect(await host.exec('sh', Buffer.alloc(100_000, '#'), LIMIT)).toMatchObject({
    code: 0,
    stdout: 'forced\n',
  });
});
