import fc from 'fast-check';
import { slotAddress } from '../../../src/artifacts/slot.ts';
import type { RotationPolicy } from '../../../src/model/desired.ts';
import type {
  RotationFacts,
  RotationRecord,
  ServiceObservation,
  Situation,
} from '../../../src/model/rotation.ts';
import { FACTS, PHASES } from '../../../src/model/rotation.ts';
import { nextGeneration } from '../../../src/planner/rotation/generation.ts';

/** Every combination of facts, one after the other. */
export function* allSituations(): Generator<Situation> {
  const names = Object.keys(FACTS) as (keyof RotationFacts)[];
  const total = names.reduce((product, name) => product * FACTS[name].length, 1);
  for (let number = 0; number < total; number++) {
    let rest = number;
    const pairs = names.map((name) => {
      const values = FACTS[name];
      const value = values[rest % values.length];
      rest = Math.floor(rest / values.length);
      return [name, value];
    });
    yield Object.fromEntries(pairs) as Situation;
  }
}

export const NOW = 1_800_000_000;
const RATHOLE = 77;

export const policies: fc.Arbitrary<RotationPolicy> = fc
  .record({
    cutover: fc.constantFrom('blue-green', 'in-place'),
    maxAge: fc.constantFrom(undefined, 86_400, 30 * 86_400),
    warnBefore: fc.constantFrom(0, 3600),
    grace: fc.integer({ min: 60, max: 3600 }),
    finalize: fc.constantFrom('when-verified', 'at-deadline'),
    stragglers: fc.constantFrom('hold', 'cut'),
    atMost: fc.integer({ min: 1, max: 5 }),
  })
  .map(({ maxAge, ...rest }) => (maxAge === undefined ? rest : { ...rest, maxAge }));

/** Records as the host's program can have written them. */
const records: fc.Arbitrary<RotationRecord> = fc
  .record({
    phase: fc.constantFrom(...PHASES),
    current: fc.integer({ min: 1, max: 40 }),
    burned: fc.integer({ min: 0, max: 3 }),
    stagedAt: fc.integer({ min: NOW - 7200, max: NOW }),
    grace: fc.integer({ min: 60, max: 7200 }),
    rotatedAt: fc.option(fc.integer({ min: NOW - 60 * 86_400, max: NOW }), { nil: undefined }),
  })
  .map(({ phase, current, burned, stagedAt, grace, rotatedAt }) => {
    const still = phase === 'gone' || phase === 'steady';
    const served = phase === 'gone' || phase === 'issuing' ? 0 : current;
    const next = still ? 0 : nextGeneration({ current: served, highest: current + burned });
    const highest = Math.max(next, current + burned);
    const times = still ? { stagedAt: 0, finalizeAt: 0 } : { stagedAt, finalizeAt: stagedAt + grace };
    return { phase, current: served, next, highest, ...times, rotatedAt };
  });

const probes = fc.constantFrom('answered', 'silent', 'untested');

/** A service on its host, with whatever listens at its slots. */
export const observations: fc.Arbitrary<ServiceObservation> = fc
  .record({
    record: records,
    owners: fc.tuple(fc.constantFrom(0, 1, RATHOLE), fc.constantFrom(0, 1, RATHOLE)),
    listening: fc.tuple(fc.boolean(), fc.boolean()),
    probes: fc.record({ current: probes, next: probes }),
    serverFileAt: fc.integer({ min: NOW - 100, max: NOW }),
    told: fc.boolean(),
    leftover: fc.boolean(),
  })
  .map(({ owners, listening, ...rest }) => {
    const next = rest.record.next || nextGeneration(rest.record);
    const slots = [slotOf(rest.record.current), slotOf(next)] as const;
    const listeners = slots
      .map((slot, index) => ({ ...slot, processes: ownedBy(owners[index] ?? 0) }))
      .filter((_, index) => listening[index]);
    const [currentAddress, nextAddress] = slots;
    return { ...rest, listeners, ratholePid: RATHOLE, currentAddress, nextAddress };
  });

const slotOf = (generation: number) => ({ protocol: 'tcp', ...slotAddress(443, generation) }) as const;
const ownedBy = (pid: number) => (pid === 0 ? [] : [{ name: 'somebody', pid }]);
