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

/** The groups as a tree, in the shape that `ansible-inventory --graph` prints. */
export function renderGraph({ groups }: Inventory): string {
  const byName = new Map(groups.map((group) => [group.name, group]));
  const all = byName.get('all');
  return all ? `${branch(all, byName, 0).join('\n')}\n` : '';
}

function branch(group: InventoryGroup, byName: ReadonlyMap<string, InventoryGroup>, depth: number): string[] {
  const indent = (level: number) => '  |'.repeat(level);
  const children = group.children.map((name) => byName.get(name));
  return [
    `${indent(depth)}${depth > 0 ? '--' : ''}@${group.name}:`,
    ...children.flatMap((child) => (child ? branch(child, byName, depth + 1) : [])),
    ...directHosts(group).map((name) => `${indent(depth + 1)}--${name}`),
  ];
}
