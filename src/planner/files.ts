import { createHash } from 'node:crypto';
import { isMarked } from '../artifacts/marker.ts';
import { BACKUPS, LIBRARY, STATE } from '../artifacts/paths.ts';
import type { Change } from '../model/change.ts';
import type { ObservedFile } from '../model/observed.ts';
import type { Refusal } from '../model/plan.ts';
import type { Expectation, Ownership, Step } from '../model/step.ts';
import { NOTHING, type Part, part, refuse } from './part.ts';
import { unreadableRefusal, type View } from './view.ts';

const OWN_FOLDERS = [LIBRARY, STATE];

/** A generated file without secrets, as it should be. */
export interface WantedFile extends Ownership {
  readonly path: string;
  readonly text: string;
}

export const ROOT_FILE: Ownership = { owner: 'root', group: 'root', mode: '0644' };
export const PRIVATE_FILE: Ownership = { owner: 'root', group: 'root', mode: '0600' };

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}

/** Writes, mends or leaves alone one generated file; what was there goes to the backups. */
export function planFile(view: View, wanted: WantedFile): Part {
  const found = view.files[wanted.path];
  const obstacle = obstacleAt(wanted.path, found);
  if (obstacle) return part({ refusals: [obstacle] });
  const { path, text, owner, group, mode } = wanted;
  const write: Step = { kind: 'write-file', path, text, owner, group, mode, expect: expectationOf(found) };
  if (found === undefined) {
    return part({
      changes: [{ kind: 'create', target: path, cause: 'absent', after: text }],
      steps: [write],
    });
  }
  if (found.sha256 === sha256(text)) return planOwnership(path, found, wanted);
  const change: Change = {
    kind: 'update',
    target: path,
    cause: 'the text differs',
    before: found.text ?? '',
    after: text,
  };
  if (isOwn(path)) return part({ changes: [change], steps: [write] });
  const backup: Step = { kind: 'backup', path, directory: BACKUPS };
  return part({ changes: [change], steps: [backup, write], refusals: foreign(path, found) });
}

/** Mends a found path's owner, group and mode. */
export function planOwnership(path: string, found: ObservedFile, wanted: Ownership): Part {
  const { owner, group, mode } = wanted;
  const before = `${found.mode} ${found.owner}:${found.group}`;
  const after = `${mode} ${owner}:${group}`;
  if (before === after) return NOTHING;
  return part({
    changes: [{ kind: 'update', target: path, cause: ownershipCause(found, wanted), before, after }],
    steps: [{ kind: 'set-ownership', path, owner, group, mode }],
  });
}

function ownershipCause(found: ObservedFile, wanted: Ownership): string {
  const parts: string[] = [];
  if (found.mode !== wanted.mode) parts.push(`the mode is ${found.mode}, not ${wanted.mode}`);
  if (found.owner !== wanted.owner) parts.push(`the owner is ${found.owner}, not ${wanted.owner}`);
  if (found.group !== wanted.group) parts.push(`the group is ${found.group}, not ${wanted.group}`);
  return parts.join('; ');
}

/** Makes a folder, or mends its owner and mode. */
export function planDirectory(view: View, path: string, wanted: Ownership): Part {
  const found = view.files[path];
  const { owner, group, mode } = wanted;
  if (found === undefined) {
    return part({
      changes: [{ kind: 'create', target: path, cause: 'absent', after: `${mode} ${owner}:${group}` }],
      steps: [{ kind: 'make-directory', path, owner, group, mode }],
    });
  }
  if (found.type !== 'directory') {
    return refuse('not-a-folder', `${path} is a ${found.type}, not a folder`, `Move ${path} away.`);
  }
  return planOwnership(path, found, wanted);
}

/** What stands in the way of replacing a path by a file of ours; undefined: nothing. */
export function obstacleAt(path: string, found: ObservedFile | undefined): Refusal | undefined {
  if (found === undefined) return undefined;
  if (found.unreadable !== undefined) return unreadableRefusal(path, found.unreadable);
  if (found.type === 'file') return undefined;
  const message = `${path} is a ${found.type}, not a file`;
  return { rule: 'not-a-file', message, remedy: `Move ${path} away.` };
}

/** What an observation found at a path, for the host to compare just before it acts. */
export function expectationOf(found: ObservedFile | undefined): Expectation {
  return found?.sha256 === undefined ? { kind: 'absent' } : { kind: 'sha256', sha256: found.sha256 };
}

/** Our own folders hold nobody else's files; in the system's a file without our mark is somebody's work. */
function isOwn(path: string): boolean {
  return OWN_FOLDERS.some((folder) => path.startsWith(`${folder}/`));
}

/** The refusal of a file that somebody else made; none for one of ours. */
export function foreign(path: string, found: ObservedFile): readonly Refusal[] {
  if (found.text !== undefined && isMarked(found.text)) return [];
  return [
    {
      rule: 'foreign-file',
      message: `${path} was not made by reconcile${found.withheld === undefined ? '' : ` (${found.withheld})`}`,
      remedy: 'Move it away, or allow its replacement: the old one is kept in the backups.',
      consent: 'replace-foreign-files',
    },
  ];
}
