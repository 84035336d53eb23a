import type { Cutover } from '../../model/desired.ts';
import { SERVED } from '../../model/rotation/operations.ts';
import type { RotationRecord, SlotAddress } from '../../model/rotation.ts';

/** The two loopback networks of the slots: even generations, odd generations. */
const SLOT_NETWORKS = ['127.77', '127.78'] as const;
/** Below 1024, so that no unprivileged process can sit on an empty slot. */
const SLOT_PORT = 1019;

/**
 * The number for a service's next generation: higher than any before it, and of the other parity than the one that
 * is served, so that both have a slot.
 */
export function nextGeneration(record: Pick<RotationRecord, 'current' | 'highest'>): number {
  const following = record.highest + 1;
  const sameSlot = record.current !== 0 && following % 2 === record.current % 2;
  return sameSlot ? following + 1 : following;
}

/** Where a generation of the service with this public port listens. */
export function slotAddress(
  protocol: SlotAddress['protocol'],
  publicPort: number,
  generation: number,
): SlotAddress {
  const network = SLOT_NETWORKS[generation % 2 === 0 ? 0 : 1];
  return {
    protocol,
    address: `${network}.${publicPort >> 8}.${publicPort & 255}`,
    port: SLOT_PORT,
  };
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
