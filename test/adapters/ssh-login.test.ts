import { execFileSync, spawn } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { useSsh } from './use-ssh.ts';

const { world, port, connect } = useSsh();

test('the inventory overrides the configuration', async () => {
  world.configure('Host target\n  Port 1\n  User nobody-of-that-name');
  const { username } = await import('node:os').then((os) => os.userInfo());
  await connect({ port: port(), user: username });
});

test('a wrong user is told which login failed', async () => {
  await expect(connect({ user: 'nobody-of-that-name' })).rejects.toMatchObject({
    code: 'unreachable',
    message: expect.stringContaining(`nobody-of-that-name@127.0.0.1 port ${port()} accepts none`),
  });
});

test('of several identity files the right one is found', async () => {
  world.configure(
    `Host target\n  Port ${port()}\n  IdentityFile ${world.path('missing')}\n  IdentityFile ${world.path('stranger')}`,
  );
  await connect();
});

test.each([
  ['by the inventory', () => ({ identityFile: world.path('lost') })],
  ['by the configuration', () => ({})],
])('an identity file that is missing is named, when it was named %s', async (_, wish) => {
  writeFileSync(
    world.configFile,
    `Host target\n  HostName 127.0.0.1\n  Port ${port()}\n  IdentityFile ${world.path('lost')}\n  IdentityAgent none\n` +
      `  UserKnownHostsFile ${world.knownHosts}\n`,
  );
  await expect(connect(wish())).rejects.toMatchObject({
    code: 'unreachable',
    message: expect.stringMatching(
      new RegExp(
        `^there is no key to log in to \\S+@127.0.0.1 port ${port()} with \\(${world.path('lost')} is not there\\)$`,
      ),
    ),
    remedy: expect.stringContaining('ansible_ssh_private_key_file'),
  });
});

test('an encrypted identity names ssh-agent', async () => {
  world.makeKey('locked', { passphrase: 'open sesame' });
  writeFileSync(
    world.configFile,
    `Host target\n  HostName 127.0.0.1\n  Port ${port()}\n  IdentityFile ${world.path('locked')}\n  IdentityAgent none\n` +
      `  UserKnownHostsFile ${world.knownHosts}\n`,
  );
  await expect(connect()).rejects.toMatchObject({
    message: expect.stringMatching(/locked is encrypted: add it to ssh-agent/),
    remedy: expect.stringContaining('ssh-add'),
  });
});

test('a key in the agent is used, also where its file is encrypted or only the public half', async () => {
  const socket = world.path('agent');
  const agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' });
  try {
    await expect.poll(() => addKey(socket, world.path('id'))).toBe(true);
    addKey(socket, world.path('stranger'));
    writeFileSync(world.path('half.pub'), world.publicKey('id'));
    for (const only of ['no', 'yes']) {
      writeFileSync(
        world.configFile,
        `Host target\n  HostName 127.0.0.1\n  Port ${port()}\n  IdentityFile ${world.path('half')}\n` +
          `  IdentitiesOnly ${only}\n  IdentityAgent ${socket}\n  UserKnownHostsFile ${world.knownHosts}\n`,
      );
      await connect();
    }
  } finally {
    agent.kill();
    rmSync(world.path('half.pub'));
  }
});

function addKey(socket: string, file: string): boolean {
  try {
    execFileSync('ssh-add', ['-q', file], {
      env: { ...process.env, SSH_AUTH_SOCK: socket },
      stdio: 'ignore',
    });
    return true;
  } catch {
    return false;
  }
}

test('an agent that is gone does not stop a login by file', async () => {
  writeFileSync(
    world.configFile,
    `Host target\n  HostName 127.0.0.1\n  Port ${port()}\n  IdentityFile ${world.path('id')}\n` +
      `  IdentityAgent ${world.path('no-agent')}\n  UserKnownHostsFile ${world.knownHosts}\n`,
  );
  await connect();
});
