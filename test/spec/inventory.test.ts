import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { readInventory } from '../../src/adapters/workspace.ts';
import { renderGraph, renderInventory } from '../../src/render/inventory.ts';
import { loadInventorySpec, loadSpec } from '../../src/spec/index.ts';
import { expandHostPattern } from '../../src/spec/inventory/range.ts';
import { PLAYBOOK, textSources } from './cases.ts';

const ANSIBLE = join(import.meta.dirname, 'ansible');

/** The expectations were printed by ansible-inventory 2.14 (`--list` and `--graph`) for the same folders. */
describe.each(['layout', 'precedence'])('%s resolves as in Ansible', (name) => {
  test('groups and variables', async () => {
    const { findings, inventory } = loadInventorySpec(await readInventory(join(ANSIBLE, name)));
    expect(findings).toEqual([]);
    const expected: unknown = JSON.parse(readFileSync(join(ANSIBLE, `${name}.json`), 'utf8'));
    expect(JSON.parse(renderInventory(inventory))).toEqual(expected);
  });

  test('the tree', async () => {
    const { inventory } = loadInventorySpec(await readInventory(join(ANSIBLE, name)));
    expect(renderGraph(inventory)).toBe(readFileSync(join(ANSIBLE, `${name}.graph`), 'utf8'));
  });
});

test('a single file takes the variables from the folders beside it', async () => {
  const file = loadInventorySpec(await readInventory(join(ANSIBLE, 'precedence', 'hosts.yml')));
  const folder = loadInventorySpec(await readInventory(join(ANSIBLE, 'precedence')));
  expect(file.inventory.hosts).toEqual(folder.inventory.hosts);
});

test.each([
  ['edge', ['edge']],
  ['v[1:3]', ['v1', 'v2', 'v3']],
  ['v[08:10]', ['v08', 'v09', 'v10']],
  ['v[1:9:4]x', ['v1x', 'v5x', 'v9x']],
  ['v[:2]', ['v0', 'v1', 'v2']],
  ['r[a:c]', ['ra', 'rb', 'rc']],
  ['r[y:B]', ['ry', 'rz', 'rA', 'rB']],
  ['r[a:e:2]', ['ra', 'rc', 're']],
  ['n[1:2]-[a:b]', ['n1-a', 'n1-b', 'n2-a', 'n2-b']],
])('%s stands for its hosts', (pattern, names) => {
  expect(expandHostPattern(pattern)).toEqual({ names });
});

test('groups that share groups that share groups have a tree that ends', () => {
  const levels = Array.from({ length: 40 }, (_, at) =>
    ['a', 'b'].map((side) => `${side}${at}: { children: { a${at + 1}: , b${at + 1}: } }`).join('\n'),
  );
  const { findings, inventory } = loadInventorySpec(
    textSources(PLAYBOOK, `${levels.join('\n')}\na40: { hosts: { edge: } }\n`).inventory,
  );
  expect(findings).toEqual([]);
  const lines = renderGraph(inventory).split('\n');
  expect(lines.length).toBeLessThan(11_000);
  for (const { name } of inventory.groups)
    expect(lines.some((line) => line.endsWith(`@${name}:`))).toBe(true);
  expect(lines.filter((line) => line.endsWith('(above)'))).not.toEqual([]);
});

test('connections come from the variables that Ansible uses', () => {
  const { desired, findings } = loadSpec(
    textSources(
      PLAYBOOK,
      `all:
  vars: { ansible_user: admin, ansible_become: yes, ansible_become_method: sudo }
  hosts:
    edge:
      ansible_host: 2001:db8::7
      ansible_port: 2200
      ansible_ssh_private_key_file: ~/.ssh/edge
      reconcile_host_key: ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIExample
      ansible_python_interpreter: /usr/bin/python3
    desktop: { ansible_connection: local }
`,
    ),
  );
  expect(findings).toEqual([]);
  expect(desired?.servers[0]?.host.connection).toEqual({
    kind: 'ssh',
    address: '2001:db8::7',
    port: 2200,
    user: 'admin',
    identityFile: '~/.ssh/edge',
    hostKey: 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIExample',
    become: true,
  });
  expect(desired?.clientHosts[0]?.host.connection).toEqual({ kind: 'local', become: true });
});
