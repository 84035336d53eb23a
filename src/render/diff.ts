import { structuredPatch } from 'diff';
import type { Change } from '../model/change.ts';

const CONTEXT = 3;

/** The lines of a change as a unified diff, without file names: `@@ … @@`, then lines that begin with ` `, `+` or `-`. */
export function diffLines(change: Change): readonly string[] {
  const before = change.kind === 'create' ? '' : change.before;
  const after = change.kind === 'delete' ? '' : change.after;
  const patch = structuredPatch('', '', before, after, '', '', { context: CONTEXT });
  return patch.hunks.flatMap((hunk) => [
    `@@ -${hunk.oldStart},${hunk.oldLines} +${hunk.newStart},${hunk.newLines} @@`,
    ...hunk.lines.filter((line) => !line.startsWith('\\')),
  ]);
}

/** Whether a change's texts are texts of a file rather than a few words. */
export function hasLines(change: Change): boolean {
  return [textBefore(change), textAfter(change)].some((text) => text.includes('\n'));
}

const textBefore = (change: Change) => (change.kind === 'create' ? '' : change.before);
const textAfter = (change: Change) => (change.kind === 'delete' ? '' : change.after);

export const SIGN: Readonly<Record<Change['kind'], string>> = { create: '+', update: '~', delete: '-' };
