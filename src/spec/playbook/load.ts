import { PLAN_FILE } from '../../model/plan.ts';
import type { Findings } from '../findings.ts';
import { checkSchema } from '../schema/check.ts';
import { Source } from '../source.ts';
import type { SourceFile } from '../sources.ts';
import { readText } from '../text.ts';
import { entriesAt, type Located } from '../yaml/located.ts';
import { parseYaml } from '../yaml/parse.ts';
import type { Playbook } from './source.ts';

/** A playbook that could be parsed. */
export interface LoadedPlaybook {
  readonly path: string;
  /** All that the file says, right or wrong, with places. */
  readonly root: Located;
  /** What of it conforms to the schema; any key may be missing. */
  readonly right: Draft<Playbook>;
}

/** The same shape, but anything may be missing, because it was missing or wrong. */
export type Draft<T> = T extends object ? { readonly [K in keyof T]?: Draft<T[K]> } : T;

export function loadPlaybook(file: SourceFile, findings: Findings): LoadedPlaybook | undefined {
  const source = readText(file, findings);
  if (!source) return undefined;
  const before = findings.size;
  const root = parseYaml(source, '1.2', findings);
  if (!root) {
    if (findings.size === before) refuseEmpty(file.path, findings);
    return undefined;
  }
  if (refusePlan(root, findings)) return undefined;
  const right = checkSchema('playbook', root, findings);
  return { path: file.path, root, right: isDraft(right) ? right : {} };
}

/** What the schema check lets through has the schema's shape. */
function isDraft(value: unknown): value is Draft<Playbook> {
  return typeof value === 'object' && value !== null;
}

/** What `plan` wrote is taken for a playbook easily; its keys would only be unknown here. */
function refusePlan(root: Located, findings: Findings): boolean {
  const entries = entriesAt(root, []);
  const kind = entries.get('kind')?.value;
  const isFile = kind?.kind === 'scalar' && kind.value === PLAN_FILE;
  if (!isFile && !(entries.has('hosts') && entries.has('format'))) return false;
  findings.add('plan-as-playbook', root, {
    message: isFile ? 'this is a plan file, not a playbook' : 'this is a printed plan, not a playbook',
    remedy: isFile
      ? '`reconcile apply FILE` takes it, alone and without -i'
      : 'give the playbooks; `reconcile plan --out FILE` writes a plan that `apply` takes',
  });
  return true;
}

function refuseEmpty(path: string, findings: Findings): void {
  findings.add(
    'yaml-empty',
    { source: new Source(path, ''), range: { start: 0, end: 0 } },
    {
      message: 'the playbook is empty',
      remedy: 'add tunnels: and clients:, as in playbooks/',
    },
  );
}
