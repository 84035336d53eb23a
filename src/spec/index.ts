import type { Desired } from '../model/desired.ts';
import type { Finding } from '../model/finding.ts';
import type { Inventory } from '../model/inventory.ts';
import { Findings } from './findings.ts';
import { loadInventory } from './inventory/load.ts';
import { loadPlaybook } from './playbook/load.ts';
import { type RightPlaybook, resolve } from './playbook/resolve.ts';
import type { Playbook } from './playbook/source.ts';
import { viewTunnels } from './playbook/view.ts';
import { applyRules } from './rules/index.ts';
import type { InventorySources, SpecSources } from './sources.ts';

/** What the files say: the wanted state, or every mistake in them at once. */
export interface Spec {
  /** Sorted by file and place; `desired` is there unless one of them is an error. */
  readonly findings: readonly Finding[];
  readonly inventory: Inventory;
  readonly desired?: Desired;
}

export function loadSpec(sources: SpecSources): Spec {
  const findings = new Findings();
  const { inventory, isWhole } = loadInventory(sources.inventory, findings);
  const playbooks = sources.playbooks
    .map((file) => loadPlaybook(file, findings))
    .filter((playbook) => playbook !== undefined);
  const tunnels = playbooks.flatMap((playbook) => viewTunnels(playbook, inventory));
  applyRules({ isWhole, playbooks, tunnels, lookAtProgram: sources.lookAtProgram }, findings);
  if (findings.hasErrors) return { findings: findings.list(), inventory };
  // Without an error nothing was missing or taken out: what is right is the whole playbook.
  const right = playbooks.map(
    ({ path, right: playbook }): RightPlaybook => ({ path, playbook: playbook as Playbook }),
  );
  return { findings: findings.list(), inventory, desired: resolve(right, inventory) };
}

/** The inventory alone. */
export function loadInventorySpec(sources: InventorySources): Omit<Spec, 'desired'> {
  const findings = new Findings();
  const { inventory } = loadInventory(sources, findings);
  return { findings: findings.list(), inventory };
}
