import { FINALIZE_SERVICE, FINALIZE_TIMER, ROTATE } from '../artifacts/paths.ts';
import { rotateScript } from '../artifacts/rotate/program.ts';
import { finalizeService, finalizeTimer } from '../artifacts/rotate/units.ts';
import { planFile, ROOT_FILE } from './files.ts';
import type { Part } from './part.ts';
import { planTimer } from './timer.ts';
import type { View } from './view.ts';

const PROGRAM = rotateScript();
const TEXTS = { [FINALIZE_SERVICE]: finalizeService(), [FINALIZE_TIMER]: finalizeTimer() };

/** The host's program of rotation, which `rotate` steps run too. */
export function planRotateProgram(view: View): Part {
  const plan = planFile(view, { path: ROTATE, text: PROGRAM, ...ROOT_FILE, mode: '0755' });
  return { ...plan, changes: plan.changes.map((change) => ({ ...change, part: true })) };
}

/** What runs it when nobody is there. */
export function planFinalizeTimer(view: View): Part {
  return planTimer(view, FINALIZE_TIMER, TEXTS);
}
