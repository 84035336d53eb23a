import type { Inventory } from '../../model/inventory.ts';
import { type Findings, show } from '../findings.ts';
import { checkSchema } from '../schema/check.ts';
import { Source } from '../source.ts';
import type { InventoryFile, InventorySources } from '../sources.ts';
import { readText } from '../text.ts';
import { entriesAt, type Located } from '../yaml/located.ts';
import { parseYaml } from '../yaml/parse.ts';
import { Draft, setAll } from './draft.ts';
import { roleOf } from './layout.ts';
import { readInventoryFile } from './read.ts';
import { resolveInventory } from './resolve.ts';
import { checkVars } from './vars.ts';
import { chooseVarsFiles } from './vars-files.ts';

export interface LoadedInventory {
  readonly inventory: Inventory;
  /** Whether every file of it could be read at all: otherwise a missing host says nothing. */
  readonly isWhole: boolean;
}

/** All files of an inventory to one inventory; what is wrong in any of them is a finding. */
export function loadInventory(sources: InventorySources, findings: Findings): LoadedInventory {
  const draft = new Draft();
  const nowhere = { source: new Source(sources.path, ''), range: { start: 0, end: 0 } };
  const all = draft.group('all', nowhere);
  draft.group('ungrouped', nowhere);
  all.children.set('ungrouped', nowhere);
  let isWhole = true;
  for (const file of sources.files) {
    const role = roleOf(file.relative);
    if (role.kind === 'unsupported') {
      refuseFile(file, findings);
      isWhole = false;
    } else if (role.kind === 'inventory') isWhole = addInventoryFile(file, draft, findings) && isWhole;
  }
  warnOfClashes(draft, findings);
  for (const { file, target } of chooseVarsFiles(sources, draft, findings)) {
    const root = parseFile(file, findings);
    if (!root) continue;
    checkSchema('vars', root, findings);
    checkVars(entriesAt(root, []), 'file', findings);
    if (target) setAll(target.fileVars, entriesAt(root, []));
  }
  return { inventory: resolveInventory(draft, all, findings), isWhole };
}

/** @returns whether the file could be read at all */
function addInventoryFile(file: InventoryFile, draft: Draft, findings: Findings): boolean {
  const before = findings.size;
  const root = parseFile(file, findings);
  if (!root) {
    // An empty inventory is nearly always a wrong path; Ansible refuses it too.
    if (findings.size === before) refuseEmpty(file, findings);
    return false;
  }
  const plugin = entriesAt(root, []).get('plugin');
  if (plugin) {
    const remedy = 'write the hosts down: ansible-inventory --list --yaml prints them';
    findings.add('inventory-plugin', plugin.key, { message: 'inventory plugins are not supported', remedy });
    return false;
  }
  checkSchema('inventory', root, findings);
  readInventoryFile(root, draft, findings);
  return true;
}

function parseFile(file: InventoryFile, findings: Findings): Located | undefined {
  const source = readText(file, findings);
  if (!source) return undefined;
  if (!source.text.startsWith('$ANSIBLE_VAULT')) return parseYaml(source, '1.1', findings);
  findings.add(
    'inventory-vault',
    { source, range: { start: 0, end: '$ANSIBLE_VAULT'.length } },
    {
      message: 'Ansible Vault is not supported',
      remedy: 'remove the file: tokens and keys are made on the host itself',
    },
  );
  return undefined;
}

function refuseFile(file: InventoryFile, findings: Findings): void {
  const spot = { source: new Source(file.path, ''), range: { start: 0, end: 0 } };
  const remedy =
    'keep only .yaml, .yml and .json files here; `ansible-inventory --list --yaml` converts an inventory';
  findings.add('inventory-file', spot, { message: 'this file is in no format that reconcile reads', remedy });
}

function refuseEmpty(file: InventoryFile, findings: Findings): void {
  const spot = { source: new Source(file.path, ''), range: { start: 0, end: 0 } };
  const remedy = 'add hosts: all: { hosts: { edge: { ansible_host: 203.0.113.7 } } }';
  findings.add('yaml-empty', spot, { message: 'the inventory is empty', remedy });
}

/** A pattern could mean either. */
function warnOfClashes(draft: Draft, findings: Findings): void {
  for (const host of draft.hosts.values()) {
    if (!draft.groups.has(host.name)) continue;
    const remedy = 'rename one of the two: a pattern with this name means both';
    const message = 'a group and a host have one name';
    findings.add('inventory-name-clash', host.spot, {
      message,
      found: show(host.name),
      remedy,
      severity: 'warning',
    });
  }
}
