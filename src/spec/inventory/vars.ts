import inventorySchema from '../../../schemas/inventory.schema.json' with { type: 'json' };
import { type Findings, type Spot, show } from '../findings.ts';
import { isSecretKey } from '../mask.ts';
import { nearest } from '../suggest.ts';
import type { Entry, Located } from '../yaml/located.ts';

/** Where variables stand: a group's in the inventory, a host's in the inventory, or either's in a file of its own. */
export type VarsPlace = 'group' | 'host' | 'file';

const KNOWN = Object.keys(inventorySchema.$defs.vars.properties);

/** Says nothing about how a host is reached, and we need no Python. */
const HARMLESS = new Set(['ansible_python_interpreter']);

/** What some of Ansible's connection variables are here. */
const REMEDIES: Readonly<Record<string, string>> = {
  ansible_ssh_host: 'rename it to ansible_host',
  ansible_ssh_port: 'rename it to ansible_port',
  ansible_ssh_user: 'rename it to ansible_user',
  ansible_private_key_file: 'rename it to ansible_ssh_private_key_file',
  ansible_become_user: 'remove it: reconcile becomes root and nobody else',
  ansible_become_method: 'remove it: reconcile becomes root by `sudo -n`',
};
const COMMON_REMEDY =
  'put it into ~/.ssh/config for this host (ProxyJump and all else is read from there), and remove it';

/** Only what Ansible itself would take for a template. */
const TEMPLATE = /\{\{|\{%|\{#/;

/** Refuses what reconcile would otherwise drop in silence. The types of the known ones are the schema's matter. */
export function checkVars(vars: ReadonlyMap<string, Entry>, place: VarsPlace, findings: Findings): void {
  for (const [name, { key, value }] of vars) {
    refuseTemplates(value, isSecretKey(name), findings);
    if (name.startsWith('ansible_') || name === 'ansible') checkAnsibleVar(name, key, value, place, findings);
    else if (name.startsWith('reconcile_') && !KNOWN.includes(name)) refuseUnknown(name, key, findings);
  }
}

function checkAnsibleVar(
  name: string,
  key: Spot,
  value: Located,
  place: VarsPlace,
  findings: Findings,
): void {
  if (name === 'ansible_group_priority' && place !== 'group') {
    const remedy = "move it to the group's vars in the inventory";
    findings.add('inventory-variable', key, {
      message: 'a group priority has no effect here',
      found: name,
      remedy,
    });
  }
  if (KNOWN.includes(name) || HARMLESS.has(name) || isDefault(name, value)) return;
  if (isSecretKey(name)) {
    const remedy = 'remove it; log in with a key, and allow sudo without a password';
    findings.add('inventory-password', key, { message: 'passwords are not supported', found: name, remedy });
    return;
  }
  findings.add('inventory-variable', key, {
    message: 'this variable of Ansible is not supported',
    found: name,
    remedy: REMEDIES[name] ?? COMMON_REMEDY,
  });
}

/** What reconcile does anyway needs no refusal. */
function isDefault(name: string, value: Located): boolean {
  if (value.kind !== 'scalar') return false;
  return (
    (name === 'ansible_become_user' && value.value === 'root') ||
    (name === 'ansible_become_method' && value.value === 'sudo')
  );
}

function refuseUnknown(name: string, key: Spot, findings: Findings): void {
  const near = nearest(name, KNOWN);
  const remedy = near
    ? `did you mean "${near}"?`
    : 'remove it; variables of your own may have any other prefix';
  findings.add('unknown-key', key, { message: 'reconcile has no such variable', found: name, remedy });
}

/** Recursion ends: the YAML parser bounds the depth. */
function refuseTemplates(value: Located, isSecret: boolean, findings: Findings): void {
  if (value.kind === 'list') for (const item of value.items) refuseTemplates(item, isSecret, findings);
  else if (value.kind === 'map') {
    for (const [name, entry] of value.entries)
      refuseTemplates(entry.value, isSecret || isSecretKey(name), findings);
  } else if (typeof value.value === 'string' && TEMPLATE.test(value.value)) {
    const message = 'templates are not supported';
    const remedy = 'write the value itself';
    findings.add('inventory-template', value, { message, found: show(value.value), remedy, isSecret });
  }
}
