import type { Cutover } from '../../model/desired.ts';
import { SERVED } from '../../model/rotation/operations.ts';
import type { RotationRecord } from '../../model/rotation.ts';

/**
 * The number for a service's next generation: higher than any before it, and of the other parity than the one that
 * is served, so that both have a slot.
 */
export function nextGeneration(record: Pick<RotationRecord, 'current' | 'highest'>): number {
  const following = record.highest + 1;
  const sameSlot = record.current !== 0 && following % 2 === record.current % 2;
  return sameSlot ? following + 1 : following;
}

/**
 * The generations that server.toml accepts, and that client.toml offers, for a record; both files follow the record,
 * the server's always first. A generation whose fragments are not made yet is left out by the one who assembles.
 */
export function servedGenerations(cutover: Cutover, record: RotationRecord): readonly number[] {
  const waits = cutover === 'in-place' && SERVED[record.phase].length > 1;
  const served = SERVED[record.phase].filter((which) => !(waits && which === 'next'));
  return served.map((which) => record[which]).filter((generation) => generation !== 0);
}
