import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { lookAtProgram } from '../../src/adapters/programs/look.ts';
import { readInventory, readPlaybooks } from '../../src/adapters/workspace.ts';
import { loadInventorySpec, loadSpec } from '../../src/spec/index.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const yamlIn = (folder: string) => readdirSync(join(ROOT, folder)).filter((name) => /\.ya?ml$/.test(name));

/** Which inventory a playbook of ours is for. */
const INVENTORY_OF: Readonly<Record<string, string>> = {
  'homelab.yaml': 'homelab.yaml',
  'adopted.yaml': 'homelab.yaml',
  'fleet.yaml': 'fleet',
};

test('every playbook has its inventory, and every inventory is tried', () => {
  expect(yamlIn('playbooks').sort()).toEqual(Object.keys(INVENTORY_OF).sort());
  expect(readdirSync(join(ROOT, 'inventories')).sort()).toEqual(
    [...new Set(Object.values(INVENTORY_OF))].sort(),
  );
});

describe.each(Object.entries(INVENTORY_OF))('playbooks/%s', (playbook, inventory) => {
  test('validates without a warning', async () => {
    const sources = {
      lookAtProgram,
      inventory: await readInventory(join(ROOT, 'inventories', inventory)),
      playbooks: await readPlaybooks([join(ROOT, 'playbooks', playbook)]),
    };
    const { findings, desired } = loadSpec(sources);
    expect(findings).toEqual([]);
    expect(desired?.servers.length).toBeGreaterThan(0);
  });
});

test.each(readdirSync(join(ROOT, 'inventories')))('inventories/%s validates', async (name) => {
  expect(loadInventorySpec(await readInventory(join(ROOT, 'inventories', name))).findings).toEqual([]);
});

test('the shortest playbook is about ten lines', () => {
  expect(
    readFileSync(join(ROOT, 'playbooks/homelab.yaml'), 'utf8').trim().split('\n').length,
  ).toBeLessThanOrEqual(12);
});
