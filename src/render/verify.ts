import type { RotationReport } from '../model/rotation.ts';
import { oneLine } from './printable.ts';
import { reportSentence } from './progress/rotations.ts';

/** One line per service: what the host would do next about it, and why. Ends with a line break. */
export function verifyText(host: string, reports: readonly RotationReport[]): string {
  if (reports.length === 0) return oneLine(`${host}: no service is enrolled`).concat('\n');
  return reports.map((each) => `${oneLine(`${host}: ${each.verdict}: ${reportSentence(each)}`)}\n`).join('');
}
