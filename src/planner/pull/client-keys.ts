import { keyPath } from '../../artifacts/paths.ts';
import type { KeyPhase, KeyRecord, ObservedKey, Sighting } from '../../model/pull.ts';
import type { KeyState } from '../../model/step.ts';
import { byClient } from '../once.ts';
import type { View } from '../view.ts';

/** What is known of one client's keys. */
export interface ClientKeys {
  readonly client: string;
  /** Undefined: there is no record yet. */
  readonly found: KeyRecord | undefined;
  readonly state: KeyState;
  /** The numbers that nginx answers to. */
  readonly served: readonly number[];
  /** Those that there are files of. */
  readonly numbers: readonly number[];
  /** The highest number that was ever given out. */
  readonly highest: number;
  /** Whether the log shows that the successor was answered: since it was made, for numbers come again with a client. */
  readonly successorUsed: boolean;
}

export const keysOf = byClient<ObservedKey>();
export const sightingsOf = byClient<Sighting>();

export function clientKeys({ pulls, files }: View, client: string): ClientKeys {
  const numbers = keysOf(pulls.keys, client).map(({ number }) => number);
  const found = pulls.records[client];
  const state = found ?? { phase: 'steady', current: Math.max(1, ...numbers), next: 0 };
  const { phase, current, next } = state;
  const made = files[keyPath(client, next)]?.modified;
  return {
    client,
    found,
    state: { phase, current, next },
    served: SERVED[phase](current, next),
    numbers,
    highest: Math.max(current, next, ...numbers),
    successorUsed: sightingsOf(pulls.seen, client).some(
      ({ key, at }) => key === next && made !== undefined && at >= Math.floor(made),
    ),
  };
}

/** As the host's own function has it: see KEY_MAP. */
const SERVED: Readonly<Record<KeyPhase, (current: number, next: number) => readonly number[]>> = {
  steady: (current) => [current],
  announcing: (current, next) => [current, next],
  announced: (current, next) => [current, next],
  retiring: (_, next) => [next],
  replacing: (_, next) => [next],
};
