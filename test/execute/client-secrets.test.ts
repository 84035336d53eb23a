import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { readClientSecrets } from '../../src/execute/client-secrets.ts';
import type { ExecResult, Host } from '../../src/execute/ports.ts';

const KEY = '0123456789abcdef0123456789abcdef';
const CERTIFICATE = '-----BEGIN CERTIFICATE-----\nabc\n-----END CERTIFICATE-----\n';

const host = (result: Partial<ExecResult>, commands: string[] = []): Host => ({
  name: 'edge',
  exec: async (command) => {
    commands.push(command);
    return { code: 0, stdout: '', stderr: '', ...result };
  },
  close: async () => {},
});

test('a key comes as a secret, by one exec, and the authority beside it', async () => {
  const commands: string[] = [];
  const found = await readClientSecrets(host({ stdout: `${KEY}\n${CERTIFICATE}` }, commands), 'desktop');
  expect(found.key.reveal()).toBe(KEY);
  expect(found.authority).toBe(CERTIFICATE);
  expect(`${inspect(found)} ${JSON.stringify(found)}`).not.toContain(KEY);
  expect(commands).toEqual(['sh -s -- desktop']);
  expect((await readClientSecrets(host({ stdout: `${KEY}\n` }), 'desktop')).authority).toBeUndefined();
});

test('a host that has no key says what to do', async () => {
  await expect(readClientSecrets(host({ code: 3 }), 'desktop')).rejects.toMatchObject({
    code: 'failed',
    message: 'there is no key for desktop yet',
    remedy: 'apply the playbook first',
  });
});

test.each([
  [{ code: 1, stdout: `${KEY}\n` }],
  [{ stdout: 'a banner\n' }],
  [{ stdout: `${KEY}` }],
  [{ stdout: `${KEY}\nnonsense\n` }],
])('what is no key is never taken for one, nor shown (%#)', async (result) => {
  const failure = await readClientSecrets(host(result), 'desktop').catch((error: unknown) => error);
  expect(failure).toMatchObject({ code: 'failed' });
  expect(inspect(failure)).not.toContain(KEY);
});
