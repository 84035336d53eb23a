import type { Inventory, InventoryGroup, InventoryHost } from '../model/inventory.ts';
import { jsonText } from './printable.ts';

/** The whole inventory as JSON, in the shape that `ansible-inventory --list` prints. */
export function renderInventory({ hosts, groups }: Inventory): string {
  const withVars = hosts.filter((host) => Object.keys(host.vars).length > 0);
  const hostvars = Object.fromEntries(withVars.map((host) => [host.name, host.vars]));
  const shown = groups.filter((group) => group.children.length + directHosts(group).length > 0);
  const byName = shown.map((group) => [group.name, renderGroup(group)]);
  return jsonText({ _meta: { hostvars }, ...Object.fromEntries(byName) });
}

function renderGroup(group: InventoryGroup): object {
  const hosts = directHosts(group);
  return {
    ...(group.children.length > 0 ? { children: group.children } : {}),
    ...(hosts.length > 0 ? { hosts } : {}),
  };
}

/** Everything is in `all` anyway. */
const directHosts = ({ name, hosts }: InventoryGroup): readonly string[] => (name === 'all' ? [] : hosts);

/** One host's variables as JSON. */
export function renderHost(host: InventoryHost): string {
  return jsonText(host.vars);
}

/** Groups in groups in groups may be reached by billions of ways: after so many lines, a group that was shown is only named. */
const MAX_REPEATS_TO = 10_000;

/** The groups as a tree, in the shape that `ansible-inventory --graph` prints. */
export function renderGraph({ groups }: Inventory): string {
  const byName = new Map(groups.map((group) => [group.name, group]));
  const all = byName.get('all');
  const lines: string[] = [];
  const shown = new Set<string>();
  const add = (depth: number, text: string) =>
    lines.push(`${'  |'.repeat(depth)}${depth > 0 ? '--' : ''}${text}`);
  const branch = (group: InventoryGroup, depth: number): void => {
    if (lines.length > MAX_REPEATS_TO && shown.has(group.name)) {
      add(depth, `@${group.name}: (above)`);
      return;
    }
    shown.add(group.name);
    add(depth, `@${group.name}:`);
    for (const name of group.children) {
      const child = byName.get(name);
      if (child) branch(child, depth + 1);
    }
    for (const name of directHosts(group)) add(depth + 1, name);
  };
  if (all) branch(all, 0);
  return lines.map((line) => `${line}\n`).join('');
}
