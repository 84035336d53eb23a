import { join } from 'node:path';
import { expect, test } from 'vitest';
import { loadDesired } from '../../src/cli/desired.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const INVENTORY = join(ROOT, 'inventories/fleet');
const PLAYBOOKS = [join(ROOT, 'playbooks/fleet.yaml')];

test('a limit leaves the servers of its hosts', async () => {
  const { servers, clients } = await loadDesired(INVENTORY, PLAYBOOKS, 'eu:!canary');
  expect(servers.map(({ host }) => host.name)).toEqual(['eu02', 'eu03']);
  expect(clients.map(({ name }) => name)).toEqual(['gate', 'plant']);
});

test.each([
  ['a limit that names nothing', 'nowhere', PLAYBOOKS],
  ['a playbook that is not there', undefined, [join(ROOT, 'playbooks/none.yaml')]],
])('%s is refused', async (_, limit, playbooks) => {
  await expect(loadDesired(INVENTORY, playbooks, limit)).rejects.toMatchObject({ code: 'invalid' });
});
