import { FOLD, FOLD_SERVICE, FOLD_TIMER } from '../../artifacts/paths.ts';
import { foldScript, foldService, foldTimer } from '../../artifacts/pull/seen.ts';
import { planFile, ROOT_FILE } from '../files.ts';
import { join, type Part } from '../part.ts';
import { planTimer } from '../timer.ts';
import type { View } from '../view.ts';

const TEXTS = { [FOLD_SERVICE]: foldService(), [FOLD_TIMER]: foldTimer() };

/** The timer that folds nginx's log of pulls, so that it never grows. */
export function planFold(view: View): Part {
  const program = planFile(view, { path: FOLD, text: foldScript(), ...ROOT_FILE, mode: '0755' });
  return join([program, planTimer(view, FOLD_TIMER, TEXTS)]);
}
