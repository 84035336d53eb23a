import { createServer } from 'node:net';
import { expect, test } from 'vitest';
import { createSsh } from '../../src/adapters/ssh.ts';
import { freePort } from './sshd.ts';
import { LIMIT, useSsh } from './use-ssh.ts';

const { world, port, connect } = useSsh();

test('a ProxyJump chain is followed, each hop with its own key checked, and shared', async () => {
  world.makeKey('bastion');
  world.makeKey('second');
  const bastion = await world.serve(['bastion']);
  const second = await world.serve(['second']);
  world.configure(
    `Host target\n  Port ${port()}\n  ProxyJump second\nHost other\n  Port ${port()}\n  ProxyJump second\n` +
      `Host second\n  Port ${second}\n  ProxyJump bastion\nHost bastion\n  Port ${bastion}`,
  );
  const know = (bastionKey: string) =>
    world.know(
      `[127.0.0.1]:${port()} ${world.publicKey('host')}`,
      `[127.0.0.1]:${second} ${world.publicKey('second')}`,
      `[127.0.0.1]:${bastion} ${world.publicKey(bastionKey)}`,
    );
  know('bastion');
  const ssh = createSsh(world.configFile);
  const hosts = await Promise.all([connect({}, ssh), connect({ address: 'other' }, ssh)]);
  const parents = await Promise.all(hosts.map((host) => host.exec('echo "$SSH_CLIENT"', '', LIMIT)));
  expect(parents.map(({ code }) => code)).toEqual([0, 0]);
  await hosts[0]?.close();
  expect((await hosts[1]?.exec('echo still', '', LIMIT))?.stdout).toBe('still\n');

  know('stranger');
  await expect(connect()).rejects.toMatchObject({
    message: expect.stringContaining(world.fingerprint('bastion')),
  });
});

test('a circle of jumps is found', async () => {
  world.configure('Host target\n  ProxyJump other\nHost other\n  ProxyJump target');
  await expect(connect()).rejects.toMatchObject({
    code: 'invalid',
    message: expect.stringContaining('jumps'),
  });
});

test('a ProxyCommand is refused in words', async () => {
  world.configure('Host target\n  ProxyCommand nc %h %p');
  await expect(connect()).rejects.toMatchObject({
    code: 'invalid',
    remedy: expect.stringContaining('ProxyJump'),
  });
});

test('a server that never answers is given up after ConnectTimeout', async () => {
  const silent = createServer((socket) => socket.resume());
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  const address = silent.address();
  const silentPort = typeof address === 'object' && address !== null ? address.port : 0;
  world.configure(`Host target\n  Port ${silentPort}\n  ConnectTimeout 1`);
  const started = performance.now();
  await expect(connect()).rejects.toMatchObject({
    code: 'unreachable',
    message: expect.stringContaining('does not answer within 1 s'),
  });
  expect(performance.now() - started).toBeLessThan(4000);
  await new Promise((resolve) => silent.close(resolve));
});

test('a refused connection is told as such', async () => {
  world.configure(`Host target\n  Port ${await freePort()}`);
  await expect(connect()).rejects.toMatchObject({
    code: 'unreachable',
    message: expect.stringContaining('ECONNREFUSED'),
  });
});
