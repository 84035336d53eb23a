import { type Findings, show } from '../findings.ts';
import type { Draft, GroupDraft } from './draft.ts';

/** Real inventories nest about five deep; below all, a group may be so far down. */
const MAX_DEPTH = 100;

/** How groups contain each other, once nothing contains itself. */
export interface Graph {
  /** Steps from `all` by the longest way: deeper groups win. */
  readonly depths: ReadonlyMap<string, number>;
  /** The names of the groups that contain a group, directly or not, itself included. */
  readonly ancestors: ReadonlyMap<string, ReadonlySet<string>>;
}

/** Puts every group without a parent below `all`, and cuts circles and endless chains (with a finding each). */
export function connectGroups(draft: Draft, all: GroupDraft, findings: Findings): Graph {
  const withParent = new Set([...draft.groups.values()].flatMap((group) => [...group.children.keys()]));
  for (const group of draft.groups.values()) {
    if (group !== all && !withParent.has(group.name)) all.children.set(group.name, group.spot);
  }
  const order = cutCircles([all, ...draft.groups.values()], draft, findings);
  const depths = new Map<string, number>();
  const ancestors = new Map<string, Set<string>>();
  for (const group of order) {
    const own = ancestors.get(group.name) ?? new Set<string>();
    ancestors.set(group.name, own.add(group.name));
    for (const child of group.children.keys()) {
      depths.set(child, Math.max(depths.get(child) ?? 0, (depths.get(group.name) ?? 0) + 1));
      ancestors.set(child, new Set([...(ancestors.get(child) ?? []), ...own]));
    }
  }
  return { depths, ancestors };
}

/**
 * @param groups in the order in which circles are looked for: a circle is cut where it comes back to its start
 * @returns the groups, each before its children
 */
function cutCircles(groups: readonly GroupDraft[], draft: Draft, findings: Findings): GroupDraft[] {
  const done: GroupDraft[] = [];
  const states = new Map<string, 'open' | 'done'>();
  const visit = (group: GroupDraft, depth: number): void => {
    states.set(group.name, 'open');
    for (const [name, spot] of group.children) {
      const child = draft.groups.get(name);
      if (states.get(name) === 'open') {
        group.children.delete(name);
        const remedy = `take "${name}" out of the children of "${group.name}"`;
        findings.add('inventory-group-cycle', spot, {
          message: 'the group contains itself',
          found: show(name),
          remedy,
        });
      } else if (depth === MAX_DEPTH) {
        group.children.delete(name);
        findings.add('inventory-group-depth', spot, {
          message: `groups are nested more than ${MAX_DEPTH} deep`,
          found: show(name),
          remedy: `take "${name}" out of the children of "${group.name}"`,
        });
      } else if (child && !states.has(name)) visit(child, depth + 1);
    }
    states.set(group.name, 'done');
    done.push(group);
  };
  for (const group of groups) if (!states.has(group.name)) visit(group, 0);
  return done.reverse();
}
