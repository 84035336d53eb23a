import { homedir } from 'node:os';
import { expect, test } from 'vitest';
import { parseJump, parseSshConfig } from '../../src/adapters/ssh-config.ts';

const SAID = `host edge
user deploy
hostname 192.0.2.7
port 2222
identitiesonly yes
identityfile ~/.ssh/%h-%r
identityfile \${KEYS}/%n%%
connecttimeout 3
userknownhostsfile /a/known_hosts /b/known_hosts
globalknownhostsfile none
hostkeyalias alias
proxyjump jane@one:22,two`;

test('what ssh -G says is read whole', () => {
  expect(parseSshConfig(SAID, { address: 'edge' }, { KEYS: '/keys', SSH_AUTH_SOCK: '/run/agent' })).toEqual({
    address: 'edge',
    hostName: '192.0.2.7',
    port: 2222,
    user: 'deploy',
    identityFiles: [`${homedir()}/.ssh/192.0.2.7-deploy`, '/keys/edge%'],
    identitiesOnly: true,
    agent: '/run/agent',
    jumps: ['jane@one:22', 'two'],
    connectTimeoutSeconds: 3,
    knownHostsFiles: ['/a/known_hosts', '/b/known_hosts'],
    hostKeyAlias: 'alias',
  });
});

test.each([
  ['none', undefined],
  ['SSH_AUTH_SOCK', '/run/agent'],
  ['$OTHER', '/other'],
  ['~/agent', `${homedir()}/agent`],
])('IdentityAgent %s', (setting, agent) => {
  const target = parseSshConfig(
    `identityagent ${setting}`,
    { address: 'edge' },
    {
      SSH_AUTH_SOCK: '/run/agent',
      OTHER: '/other',
    },
  );
  expect(target.agent).toBe(agent);
});

test.each([
  ['one', { address: 'one' }],
  ['jane@one:2222', { address: 'one', user: 'jane', port: 2222 }],
  ['[2001:db8::1]:2222', { address: '2001:db8::1', port: 2222 }],
  ['ssh://jane@one:2222/', { address: 'one', user: 'jane', port: 2222 }],
])('the jump %s', (text, destination) => {
  expect(parseJump(text)).toEqual(destination);
});

test('a jump that cannot be understood is an error', () => {
  expect(() => parseJump('2001:db8::1')).toThrow('cannot understand');
});
