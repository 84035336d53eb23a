import { PHASES, type Phase, type RotationRecord } from '../model/rotation.ts';

/** What stands for a time that nobody knows. */
const UNKNOWN = '-';

/** A service's record as its file has it: `PHASE CURRENT NEXT HIGHEST STAGED_AT FINALIZE_AT ROTATED_AT`, one line. */
export function recordText(record: RotationRecord): string {
  const { phase, current, next, highest, stagedAt, finalizeAt, rotatedAt = UNKNOWN } = record;
  return `${[phase, current, next, highest, stagedAt, finalizeAt, rotatedAt].join(' ')}\n`;
}

/** The record in such a line; undefined when it is none. */
export function parseRecord(line: string): RotationRecord | undefined {
  const [phase = '', ...rest] = line.split(' ');
  const [current = 0, next = 0, highest = 0, stagedAt = 0, finalizeAt = 0, rotatedAt] = rest.map(numberIn);
  const whole =
    rest.length === 6 && rest.every((word, at) => isNumber(word) || (at === 5 && word === UNKNOWN));
  if (!whole || !isPhase(phase)) return undefined;
  return { phase, current, next, highest, stagedAt, finalizeAt, rotatedAt };
}

const isNumber = (word: string) => /^\d{1,15}$/.test(word);
const numberIn = (word: string) => (isNumber(word) ? Number(word) : undefined);
const isPhase = (word: string): word is Phase => (PHASES as readonly string[]).includes(word);
