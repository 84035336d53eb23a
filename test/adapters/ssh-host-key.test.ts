import { expect, test } from 'vitest';
import { useSsh } from './use-ssh.ts';

const { world, port, connect } = useSsh();

test('a host known by its ed25519 key is asked for that one, though it prefers another', async () => {
  world.know(`[127.0.0.1]:${port()} ${world.publicKey('host-ecdsa')}`);
  await connect();
  world.know(`[127.0.0.1]:${port()} ${world.publicKey('host')}`);
  await connect();
});

test('hashed names, patterns, and the name without the port are known', async () => {
  world.hashKnownHosts();
  await connect();
  world.know(`[127.0.0.*]:${port()} ${world.publicKey('host')}`);
  await connect();
  world.know(`127.0.0.1 ${world.publicKey('host')}`);
  await connect();
});

test('HostKeyAlias is the name that counts', async () => {
  world.configure(`Host target\n  Port ${port()}\n  HostKeyAlias the-edge`);
  world.know(`the-edge ${world.publicKey('host')}`);
  await connect();
});

test('an unknown key is refused, with its fingerprint and the line to add', async () => {
  world.know();
  await expect(connect()).rejects.toMatchObject({
    code: 'unreachable',
    message: expect.stringContaining(`not known: ssh-ed25519 ${world.fingerprint('host')}`),
    remedy: expect.stringContaining(`[127.0.0.1]:${port()} ${world.publicKey('host')}`),
  });
});

test('StrictHostKeyChecking no does not make an unknown key known', async () => {
  world.configure(`Host target\n  Port ${port()}\n  StrictHostKeyChecking no`);
  world.know();
  await expect(connect()).rejects.toMatchObject({ message: expect.stringContaining('not known') });
});

test('a changed key is refused, with both fingerprints and where the old one stands', async () => {
  world.know('# comment', `[127.0.0.1]:${port()} ${world.publicKey('stranger')}`);
  const error = await connect().catch((reason) => reason);
  expect(error).toMatchObject({ code: 'unreachable' });
  for (const part of [
    world.fingerprint('host'),
    world.fingerprint('stranger'),
    `${world.knownHosts}:2`,
    'changed',
  ]) {
    expect(error.message).toContain(part);
  }
  expect(error.remedy).toContain(`ssh-keygen -R '[127.0.0.1]:${port()}'`);
});

test('a revoked key is refused although it is known', async () => {
  world.know(`[127.0.0.1]:${port()} ${world.publicKey('host')}`, `@revoked * ${world.publicKey('host')}`);
  await expect(connect()).rejects.toMatchObject({ message: expect.stringContaining('revoked') });
});

test('a certificate authority is no help, and that is said', async () => {
  world.know(`@cert-authority * ${world.publicKey('stranger')}`);
  await expect(connect()).rejects.toMatchObject({ message: expect.stringContaining('authorities') });
});

test('a pinned key counts instead of known_hosts', async () => {
  world.know();
  await connect({ hostKey: world.publicKey('host') });
  await expect(connect({ hostKey: world.publicKey('stranger') })).rejects.toMatchObject({
    message: expect.stringContaining(world.fingerprint('host')),
    remedy: expect.stringContaining(world.publicKey('host')),
  });
  await expect(connect({ hostKey: 'ssh-ed25519 nonsense' })).rejects.toMatchObject({ code: 'invalid' });
});

test('a pinned ecdsa key is asked for', async () => {
  await connect({ hostKey: world.publicKey('host-ecdsa') });
});
