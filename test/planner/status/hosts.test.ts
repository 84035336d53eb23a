import { expect, test } from 'vitest';
import { present, unreadable } from '../../../src/model/reading.ts';
import { status } from '../../../src/planner/status/index.ts';
import { DNS, desired, SSH, server } from '../desired.ts';
import { bareDebian } from '../facts.ts';
import { settled } from '../settled.ts';
import { WANTED, WELL } from './host.ts';

const other = (name: string) => ({ ...WANTED, host: { ...WANTED.host, name } });

test('hosts stand in the order of their names, and one that was not seen is left out', () => {
  const wanted = desired(other('b'), other('c'), other('a'));
  const seen = ['c', 'a'].map((host) => ({ host, facts: WELL }));
  expect(status(wanted, seen).hosts.map(({ host }) => host)).toEqual(['a', 'c']);
});

test('of a host that cannot be read nothing is said but why', () => {
  const facts = { ...WELL, listeners: unreadable('no ss here') };
  expect(status(desired(WANTED), [{ host: 'vps1', facts }])).toMatchObject({
    hosts: [],
    refused: [{ host: 'vps1', refusals: [{ rule: 'unreadable' }] }],
  });
  const visitor = { ...WELL, root: present(false) };
  expect(status(desired(WANTED), [{ host: 'vps1', facts: visitor }])).toMatchObject({
    hosts: [],
    refused: [{ refusals: [{ rule: 'not-root' }] }],
  });
});

test('a bare host has nothing of what is declared', () => {
  const [host] = status(desired(server()), [{ host: 'vps1', facts: bareDebian() }]).hosts;
  expect(host?.clients.map(({ state }) => state)).toEqual(['absent', 'absent']);
  expect(host?.services.map(({ state }) => state)).toEqual(['absent', 'absent']);
  expect(host?.attention.map(({ rule }) => rule)).toEqual([
    'not-running',
    'not-running',
    'not-applied',
    'not-applied',
  ]);
});

test('what nobody declares any more and nothing prunes is kept, and said', () => {
  const kept = (change: Parameters<typeof server>[0]) =>
    status(desired(server(change)), [{ host: 'vps1', facts: settled() }]).hosts[0]?.kept;
  expect(kept({ services: [DNS, SSH] })).toEqual([]);
  expect(kept({ services: [DNS] })).toEqual([{ service: 'ssh', protocol: 'tcp', bind: '127.0.0.1:2222' }]);
  expect(kept({ services: [DNS], prune: true })).toEqual([]);
});

test('what is kept where a declared service has taken its address is something to look at', () => {
  const shared = (change: Parameters<typeof server>[0]) =>
    status(desired(server(change)), [{ host: 'vps1', facts: settled() }]).hosts[0]?.attention.filter(
      ({ rule }) => rule === 'address-shared',
    );
  expect(shared({ services: [DNS] })).toEqual([]);
  expect(shared({ services: [DNS, { ...SSH, name: 'shell' }] })).toEqual([
    {
      rule: 'address-shared',
      subject: { kind: 'service', name: 'ssh' },
      message: 'is not in the playbook, and is kept at the address of shell: `prune: true` removes it',
    },
  ]);
  expect(shared({ services: [DNS, { ...SSH, name: 'shell' }], prune: true })).toEqual([]);
});
