import type { RotationPolicy } from '../../../src/model/desired.ts';
import type { Operation } from '../../../src/model/rotation/operations.ts';
import { ORDER_OF_OPERATIONS } from '../../../src/model/rotation/operations.ts';
import { decide } from '../../../src/model/rotation/table.ts';
import type {
  Action,
  Asked,
  Decision,
  RotationRecord,
  ServiceObservation,
} from '../../../src/model/rotation.ts';
import { decidedRecord, settledRecord } from '../../../src/planner/rotation/record.ts';
import { situationOf } from '../../../src/planner/rotation/situation.ts';

/**
 * The protocol that is explored: the product's own table, record and order of operations, and the promises that the
 * host's program and the client's sync step have to keep. A mutation replaces one of them.
 */
export interface Protocol {
  readonly decide: (seen: ServiceObservation, policy: RotationPolicy, asked: Asked) => Decision;
  readonly order: Readonly<Record<Action, readonly Operation[]>>;
  readonly decided: typeof decidedRecord;
  readonly settled: (action: Action, record: RotationRecord, now: number) => RotationRecord;
  /** The host's program decides again under the lock, and does only what still holds. */
  readonly recheck: boolean;
  readonly disarm: 'when nothing is in motion' | 'always';
  readonly cut: 'once the old listeners are gone' | 'at once';
  readonly restore: 'structure' | 'with old tokens';
  /** What a client makes of the announcement of an in-place switch. */
  readonly announcement: 'poll until switched' | 'poll once' | 'apply the token';
  /** When a client counts as told: by the announcement that the log says it got. */
  readonly told: 'the current one' | 'any';
}

export const REAL: Protocol = {
  decide: (seen, policy, asked) => decide(situationOf(seen, policy, asked)),
  order: ORDER_OF_OPERATIONS,
  decided: decidedRecord,
  settled: settledRecord,
  recheck: true,
  disarm: 'when nothing is in motion',
  cut: 'once the old listeners are gone',
  restore: 'structure',
  announcement: 'poll until switched',
  told: 'the current one',
};
