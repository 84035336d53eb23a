import type { Inventory, InventoryGroup, InventoryHost, VarValue } from '../../model/inventory.ts';
import type { Findings } from '../findings.ts';
import { toPlain } from '../yaml/located.ts';
import { connectionOf } from './connection.ts';
import type { Draft, GroupDraft, HostDraft, Vars } from './draft.ts';
import { setAll } from './draft.ts';
import { connectGroups, type Graph } from './graph.ts';

/** A draft to an inventory: implicit groups, then each host's variables by Ansible's precedence. */
export function resolveInventory(draft: Draft, all: GroupDraft, findings: Findings): Inventory {
  const graph = connectGroups(draft, all, findings);
  const membership = membershipOf(draft, graph);
  const ungrouped = draft.group('ungrouped', all.spot);
  for (const host of draft.hosts.values()) {
    const isAlone = [...(membership.get(host.name) ?? [])].every(
      (name) => name === 'all' || name === 'ungrouped',
    );
    if (isAlone) ungrouped.hosts.add(host.name);
    else ungrouped.hosts.delete(host.name);
  }
  const hosts = [...draft.hosts.values()].map((host) =>
    resolveHost(host, [...(membership.get(host.name) ?? [])], draft, graph),
  );
  const groups = [all, ...[...draft.groups.values()].filter((group) => group !== all)];
  return { hosts, groups: groups.map((group) => resolveGroup(group, draft)) };
}

/** The groups that each host is in, directly or not. */
function membershipOf(draft: Draft, graph: Graph): Map<string, Set<string>> {
  const membership = new Map([...draft.hosts.keys()].map((name) => [name, new Set(['all'])]));
  for (const group of draft.groups.values()) {
    for (const host of group.hosts) {
      for (const ancestor of graph.ancestors.get(group.name) ?? []) membership.get(host)?.add(ancestor);
    }
  }
  return membership;
}

function resolveHost(host: HostDraft, names: string[], draft: Draft, graph: Graph): InventoryHost {
  const groups = names
    .map((name) => draft.groups.get(name))
    .filter((group) => group !== undefined)
    .sort((a, b) => compareGroups(a, b, graph));
  const vars: Vars = new Map();
  // Least to most: the inventory's group variables, group_vars/all, group_vars/*, then the host's own.
  for (const group of groups) setAll(vars, withoutPriority(group.vars));
  for (const group of groups) setAll(vars, group.fileVars);
  setAll(vars, host.vars);
  setAll(vars, host.fileVars);
  const plain: Record<string, VarValue> = Object.create(null);
  for (const [name, entry] of vars) plain[name] = toPlain(entry.value);
  return {
    name: host.name,
    groups: groups.map((group) => group.name),
    vars: plain,
    connection: connectionOf(host.name, plain),
  };
}

/** Later wins: the deeper group, then the higher priority, then the name further back in the alphabet. */
function compareGroups(a: GroupDraft, b: GroupDraft, graph: Graph): number {
  const depth = (graph.depths.get(a.name) ?? 0) - (graph.depths.get(b.name) ?? 0);
  return depth || priorityOf(a) - priorityOf(b) || (a.name < b.name ? -1 : 1);
}

function priorityOf(group: GroupDraft): number {
  const value = group.vars.get('ansible_group_priority')?.value;
  return value?.kind === 'scalar' && typeof value.value === 'number' ? value.value : 1;
}

function withoutPriority(vars: Vars): Vars {
  return new Map([...vars].filter(([name]) => name !== 'ansible_group_priority'));
}

function resolveGroup(group: GroupDraft, draft: Draft): InventoryGroup {
  const below = new Set([group]);
  // A set grows while it is walked: breadth first, each group once.
  for (const next of below) {
    for (const name of next.children.keys()) {
      const child = draft.groups.get(name);
      if (child) below.add(child);
    }
  }
  const allHosts = new Set([...below].flatMap((next) => [...next.hosts]));
  return {
    name: group.name,
    children: [...group.children.keys()],
    hosts: [...group.hosts],
    allHosts: [...allHosts],
  };
}
