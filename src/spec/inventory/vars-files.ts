import { type Findings, type Spot, show } from '../findings.ts';
import { Source } from '../source.ts';
import type { InventoryFile, InventorySources } from '../sources.ts';
import { nearest } from '../suggest.ts';
import type { Draft, HostDraft } from './draft.ts';
import { type InventoryRole, roleOf } from './layout.ts';

/** A vars file and whom it is about; nobody where the inventory has no such group or host. */
export interface VarsFile {
  readonly file: InventoryFile;
  readonly target: HostDraft | undefined;
}

/** The order in which Ansible looks for a name's variables: a folder or bare name, then by ending. It reads the first only. */
const ENDINGS = ['', '.yml', '.yaml', '.json'];

/** The vars files that count, in the order in which they are read, with warnings for those that don't. */
export function chooseVarsFiles(
  sources: InventorySources,
  draft: Draft,
  findings: Findings,
): readonly VarsFile[] {
  const chosen: VarsFile[] = [];
  for (const files of filesByName(sources).values()) {
    const used = files.filter(({ rank }) => rank === Math.min(...files.map((other) => other.rank)));
    for (const { file } of files.filter((other) => !used.includes(other)))
      warnOfSecond(file, used[0]?.file, findings);
    for (const { file, role } of used) {
      const owners = role.kind === 'group_vars' ? draft.groups : draft.hosts;
      const target = owners.get(role.name);
      // Several inventories may share the folders beside them, so only a folder's own files can be unused.
      if (!target && sources.isFolder) warnOfUnused(file, role.name, owners.keys(), findings);
      chosen.push({ file, target });
    }
  }
  return chosen;
}

type VarsRole = Extract<InventoryRole, { name: string }>;
interface Candidate {
  readonly file: InventoryFile;
  readonly role: VarsRole;
  readonly rank: number;
}

function filesByName(sources: InventorySources): Map<string, Candidate[]> {
  const byName = new Map<string, Candidate[]>();
  for (const file of sources.files) {
    const role = roleOf(file.relative);
    if (role.kind !== 'group_vars' && role.kind !== 'host_vars') continue;
    const key = `${role.kind}/${role.name}`;
    byName.set(key, [...(byName.get(key) ?? []), { file, role, rank: rankOf(file.relative, key) }]);
  }
  return byName;
}

function rankOf(relative: string, key: string): number {
  return relative.startsWith(`${key}/`) ? 0 : ENDINGS.indexOf(relative.slice(key.length));
}

function warnOfSecond(file: InventoryFile, used: InventoryFile | undefined, findings: Findings): void {
  findings.add('inventory-vars-file', startOf(file), {
    message: 'this file is not read: another one for the same name comes first',
    found: used?.path ?? '',
    remedy: 'move its variables there',
    severity: 'warning',
  });
}

function warnOfUnused(file: InventoryFile, name: string, known: Iterable<string>, findings: Findings): void {
  const near = nearest(name, known);
  findings.add('inventory-vars-file', startOf(file), {
    message: 'the inventory has nothing of this name',
    found: show(name),
    remedy: near ? `did you mean "${near}"?` : 'rename the file, or remove it',
    severity: 'warning',
  });
}

const startOf = (file: InventoryFile): Spot => ({
  source: new Source(file.path, ''),
  range: { start: 0, end: 0 },
});
