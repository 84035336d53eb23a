import type { RotationPolicy } from '../../model/desired.ts';
import { DECIDED_PHASE } from '../../model/rotation/operations.ts';
import type { Action, RotationRecord } from '../../model/rotation.ts';
import { nextGeneration } from './generation.ts';

/** Whether a service is between two steady states: it counts for `at_most` and keeps the timer armed. */
export const inMotion = (record: RotationRecord): boolean =>
  record.phase !== 'steady' && record.phase !== 'gone';

/** The record that the operation `decide` writes. Deciding again what was cut off changes nothing but the grace. */
export function decidedRecord(
  action: Action,
  record: RotationRecord,
  policy: Pick<RotationPolicy, 'grace'>,
  now: number,
): RotationRecord {
  if (action === 'tidy') return record;
  const phase = DECIDED_PHASE[action];
  if (action === 'stage' || action === 'postpone')
    return {
      ...withNext(record),
      phase,
      stagedAt: now,
      finalizeAt: now + policy.grace,
    };
  if (record.phase === phase) return record;
  const brings = action === 'compromise' || action === 'issue';
  return brings ? { ...withNumber(record), phase, stagedAt: 0, finalizeAt: 0 } : { ...record, phase };
}

/** The record that the operation `settle` writes when all else is done. */
export function settledRecord(action: Action, record: RotationRecord, now: number): RotationRecord {
  if (action === 'tidy') return record;
  if (action === 'stage' || action === 'postpone') return { ...record, phase: 'staged' };
  const steady = {
    ...record,
    phase: 'steady',
    next: 0,
    stagedAt: 0,
    finalizeAt: 0,
  } as const;
  return action === 'cancel' ? steady : { ...steady, current: record.next, rotatedAt: now };
}

const withNext = (record: RotationRecord): RotationRecord =>
  record.next === 0 ? withNumber(record) : record;

function withNumber(record: RotationRecord): RotationRecord {
  const next = nextGeneration(record);
  return { ...record, next, highest: next };
}
