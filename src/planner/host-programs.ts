import { FOLD, ROTATE } from '../artifacts/paths.ts';
import { foldScript } from '../artifacts/pull/seen.ts';
import { rotateScript } from '../artifacts/rotate/program.ts';
import { planFile, ROOT_FILE } from './files.ts';
import type { Part } from './part.ts';
import type { View } from './view.ts';

const PROGRAM = { ...ROOT_FILE, mode: '0755' };
const ROTATE_TEXT = rotateScript();

/** The host's program of rotation, which its timer and `rotate` steps run. */
export function planRotateProgram(view: View): Part {
  const plan = planFile(view, { path: ROTATE, text: ROTATE_TEXT, ...PROGRAM });
  return { ...plan, changes: plan.changes.map((change) => ({ ...change, part: true })) };
}

/** What folds nginx's log of pulls, so that it never grows. */
export function planFoldProgram(view: View): Part {
  return planFile(view, { path: FOLD, text: foldScript(), ...PROGRAM });
}
