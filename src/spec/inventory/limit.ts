import { ReconcileError } from '../../model/errors.ts';
import type { Inventory } from '../../model/inventory.ts';
import { selectHosts } from './pattern.ts';

/**
 * The names of the hosts that `--limit PATTERN` names.
 *
 * @throws ReconcileError `invalid` when a part of the pattern names nothing
 */
export function limitHosts(inventory: Inventory, pattern: string): ReadonlySet<string> {
  const { hosts, problems } = selectHosts(pattern, inventory);
  const [problem] = problems;
  if (problem) {
    const found = problem.found === undefined ? '' : `: found ${problem.found}`;
    throw new ReconcileError('invalid', `--limit: ${problem.message}${found}`, problem.remedy);
  }
  return new Set(hosts.map((host) => host.name));
}

/** The inventory as if it had only these hosts. */
export function onlyHosts({ hosts, groups }: Inventory, names: ReadonlySet<string>): Inventory {
  const kept = (all: readonly string[]) => all.filter((name) => names.has(name));
  return {
    hosts: hosts.filter((host) => names.has(host.name)),
    groups: groups.map((group) => ({ ...group, hosts: kept(group.hosts), allHosts: kept(group.allHosts) })),
  };
}
