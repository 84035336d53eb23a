import { type Findings, type Spot, show } from '../findings.ts';
import { entriesAt, type Located } from '../yaml/located.ts';
import { type Draft, type GroupDraft, MAX_NAMES, setAll } from './draft.ts';
import { expandHostPattern } from './range.ts';
import { checkVars } from './vars.ts';

/** Adds one inventory file to the draft. What the schema refuses is passed over: it has its finding. */
export function readInventoryFile(root: Located, draft: Draft, findings: Findings): void {
  for (const [name, entry] of entriesAt(root, [])) {
    readGroup(draft.group(name, entry.key), entry.value, draft, findings);
  }
}

function readGroup(group: GroupDraft, value: Located, draft: Draft, findings: Findings): void {
  const vars = entriesAt(value, ['vars']);
  checkVars(vars, 'group', findings);
  setAll(group.vars, vars);
  for (const { name, spot, value: hostValue } of namesIn(value, 'hosts')) {
    readHosts({ pattern: name, spot }, group, hostValue, draft, findings);
  }
  for (const { name, spot, value: childValue } of namesIn(value, 'children')) {
    group.children.set(name, spot);
    const child = draft.group(name, spot);
    if (childValue) readGroup(child, childValue, draft, findings);
  }
}

interface PatternSpot {
  readonly pattern: string;
  readonly spot: Spot;
}

function readHosts(
  { pattern, spot }: PatternSpot,
  group: GroupDraft,
  value: Located | undefined,
  draft: Draft,
  findings: Findings,
): void {
  const vars = value ? entriesAt(value, []) : new Map();
  checkVars(vars, 'host', findings);
  // The name that filled it has its finding.
  if (draft.isFull) return;
  const expansion = expandHostPattern(pattern);
  if ('wrong' in expansion) {
    const remedy = 'write a name, or ranges such as vps[01:10], rack[a:f] or vps[1:9:2]';
    findings.add('inventory-range', spot, { message: expansion.wrong, found: show(pattern), remedy });
    return;
  }
  draft.count(expansion.names.length);
  if (draft.isFull) {
    const remedy = 'check the ranges; split the inventory into several';
    const message = `with these the inventory would name over ${MAX_NAMES} hosts`;
    findings.add('inventory-range', spot, { message, found: show(pattern), remedy });
    return;
  }
  for (const name of expansion.names) {
    group.hosts.add(name);
    setAll(draft.host(name, spot).vars, vars);
  }
}

/** Ansible takes `hosts: edge` for `hosts: { edge: }`. */
function namesIn(group: Located, key: string): { name: string; spot: Spot; value?: Located }[] {
  const value = entriesAt(group, []).get(key)?.value;
  if (value?.kind === 'scalar' && typeof value.value === 'string')
    return [{ name: value.value, spot: value }];
  return [...entriesAt(group, [key])].map(([name, entry]) => ({ name, spot: entry.key, value: entry.value }));
}
