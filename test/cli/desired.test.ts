import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadDesired } from '../../src/cli/desired.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const INVENTORY = join(ROOT, 'inventories/fleet');
const PLAYBOOK = `tunnels:
  home:
    hosts: edge:spare
    domain: "{host}.example.net"
    rathole: { version: 0.5.0, sha256: ${'0123456789abcdef'.repeat(4)} }
    services:
      ssh: { client: desktop, local: 127.0.0.1:22, bind: 127.0.0.1:2222 }
clients:
  desktop: {}
`;
const PLAYBOOKS = [join(ROOT, 'playbooks/fleet.yaml')];

test('a limit leaves the servers of its hosts', async () => {
  const { servers, clients } = await loadDesired(INVENTORY, PLAYBOOKS, 'eu:!canary');
  expect(servers.map(({ host }) => host.name)).toEqual(['eu02', 'eu03']);
  expect(clients.map(({ name }) => name)).toEqual(['gate', 'plant']);
});

describe('a client that is in the inventory', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'desired-'));
    writeFileSync(join(folder, 'inventory.yaml'), 'all: { hosts: { edge: , spare: , desktop: } }\n');
    writeFileSync(join(folder, 'playbook.yaml'), PLAYBOOK);
  });
  afterAll(() => rmSync(folder, { recursive: true }));
  const load = (limit?: string, reach?: 'all') =>
    loadDesired(join(folder, 'inventory.yaml'), [join(folder, 'playbook.yaml')], limit, reach);

  test('is left by a limit, and still knows its servers', async () => {
    const { servers, clientHosts } = await load('desktop', 'all');
    expect(servers).toEqual([]);
    expect(clientHosts.map(({ host }) => host.name)).toEqual(['desktop']);
    expect(clientHosts[0]?.servers.map(({ host }) => host.name)).toEqual(['edge', 'spare']);
    expect((await load('edge', 'all')).clientHosts).toEqual([]);
  });

  test('is nothing to verbs that are about servers', async () => {
    expect((await load()).clientHosts).toEqual([]);
    await expect(load('desktop')).rejects.toMatchObject({ code: 'invalid' });
  });
});

test.each([
  ['a limit that names nothing', 'nowhere', PLAYBOOKS],
  ['a playbook that is not there', undefined, [join(ROOT, 'playbooks/none.yaml')]],
])('%s is refused', async (_, limit, playbooks) => {
  await expect(loadDesired(INVENTORY, playbooks, limit)).rejects.toMatchObject({ code: 'invalid' });
});
