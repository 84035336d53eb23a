import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { createSsh } from '../../src/adapters/ssh.ts';
import type { Host } from '../../src/execute/ports.ts';
import { SshWorld } from './sshd.ts';

/** What differs from the alias `target` of the configuration. */
export interface Wish {
  readonly address?: string;
  readonly port?: number;
  readonly user?: string;
  readonly hostKey?: string;
  readonly identityFile?: string;
}

export const LIMIT = { timeoutSeconds: 20 };

/**
 * A running sshd with an ed25519 key (`host`) that prefers its ecdsa key (`host-ecdsa`), for all tests of a file.
 * Before each test its alias is `target` and its ed25519 key is known; connections are closed after each.
 */
export function useSsh() {
  const open: Host[] = [];
  const world = new SshWorld();
  let port = 0;
  beforeAll(async () => {
    for (const name of ['host', 'stranger']) world.makeKey(name);
    world.makeKey('host-ecdsa', { type: 'ecdsa' });
    port = await world.serve(['host-ecdsa', 'host']);
  });
  afterAll(() => world[Symbol.asyncDispose]());
  beforeEach(() => {
    world.configure(`Host target\n  Port ${port}`);
    world.know(`[127.0.0.1]:${port} ${world.publicKey('host')}`);
  });
  afterEach(async () => {
    await Promise.all(open.splice(0).map((host) => host.close()));
  });
  return {
    world,
    /** Where the sshd listens; only known while tests run. */
    port: () => port,
    connect: async (wish: Wish = {}, ssh = createSsh(world.configFile)): Promise<Host> => {
      const host = await ssh.connect('edge', { address: 'target', become: false, ...wish });
      open.push(host);
      return host;
    },
  };
}
