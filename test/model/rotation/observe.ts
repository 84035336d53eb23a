import { slotAddress } from '../../../src/artifacts/slot.ts';
import type { RotationPolicy } from '../../../src/model/desired.ts';
import type { Listener } from '../../../src/model/observed.ts';
import type {
  Decision,
  Order,
  RotationRecord,
  ServiceObservation,
  SlotAddress,
} from '../../../src/model/rotation.ts';
import { nextGeneration } from '../../../src/planner/rotation/generation.ts';
import { inMotion } from '../../../src/planner/rotation/record.ts';
import type { Protocol } from './protocol.ts';
import { generationOf, members, ofGeneration, sameSlot } from './tokens.ts';
import type { Scenario, Service, World } from './world.ts';
import { CURRENT, STALE, WILDCARD } from './world.ts';

/** The host's clock stands: what passes is counted in ticks. */
const NOW = 1_000_000;
const TICK = 60;
export const GRACE_TICKS = 2;
const MAX_AGE = 1000;
const RATHOLE_PID = 7;
const SQUATTER_PID = 666;

/** Asks the protocol's table about a service, from nothing but what a host shows. */
export function decideFor(
  protocol: Protocol,
  scenario: Scenario,
  world: World,
  index: number,
  order: Order,
): Decision {
  const seen = observe(protocol, scenario, world, index);
  const others = world.services.filter((other, at) => at !== index && inMotion(recordOf(other, scenario)));
  const asked = { order, now: NOW, othersInMotion: others.length };
  return protocol.decide(seen, policyOf(scenario, index), asked);
}

export function serviceAt(world: World, index: number): Service {
  const service = world.services[index];
  if (service === undefined) throw new Error(`no service ${index}`);
  return service;
}

export const cutoverOf = (scenario: Scenario, index: number) =>
  scenario.services[index]?.cutover ?? 'blue-green';

export function policyOf(scenario: Scenario, index: number): RotationPolicy {
  const { finalize, stragglers, atMost } = scenario.policy;
  const cutover = cutoverOf(scenario, index);
  return { finalize, stragglers, atMost, cutover, maxAge: MAX_AGE, warnBefore: 0, grace: GRACE_TICKS * TICK };
}

/** The record as the host's file has it. The token is due until the scenario's stagings are used up. */
export function recordOf(service: Service, scenario: Scenario): RotationRecord {
  const { phase, current, next, highest } = service;
  const stagedAt = NOW - service.staged * TICK;
  const due = service.knownAge ? NOW - MAX_AGE : undefined;
  const rotatedAt = service.stagings >= scenario.rotations ? NOW : due;
  return { phase, current, next, highest, stagedAt, finalizeAt: stagedAt + GRACE_TICKS * TICK, rotatedAt };
}

export const nowOf = (): number => NOW;

function observe(protocol: Protocol, scenario: Scenario, world: World, index: number): ServiceObservation {
  const service = serviceAt(world, index);
  const next = service.next === 0 ? nextGeneration(service) : service.next;
  return {
    record: recordOf(service, scenario),
    listeners: listenersOf(scenario, service, index),
    ratholePid: RATHOLE_PID,
    currentAddress: addressOf(scenario, index, service.current),
    nextAddress: addressOf(scenario, index, next),
    probes: { current: probe(service, service.current), next: probe(service, next) },
    serverFileAt: world.settled ? NOW - TICK : NOW,
    told: service.logged === CURRENT || (protocol.told === 'any' && service.logged === STALE),
    leftover: world.armed && !world.services.some((other) => inMotion(recordOf(other, scenario))),
  };
}

function addressOf(scenario: Scenario, index: number, generation: number): SlotAddress {
  if (cutoverOf(scenario, index) === 'blue-green') return slotOf(8000 + index, generation);
  return { protocol: 'tcp', address: '203.0.113.1', port: 8000 + index };
}

const slotOf = (port: number, generation: number): SlotAddress => ({
  protocol: 'tcp',
  ...slotAddress(port, generation),
});

/** What `ss` prints: it knows addresses and processes, never generations. */
function listenersOf(scenario: Scenario, service: Service, index: number): Listener[] {
  const ours = members(service.bound).map((one) =>
    listener(addressOf(scenario, index, generationOf(one)), RATHOLE_PID),
  );
  return [...ours, ...strangersOf(service, index)];
}

function strangersOf(service: Service, index: number): Listener[] {
  if (service.squatted === WILDCARD) return [listener({ ...slotOf(0, 0), address: '[::]' }, RATHOLE_PID)];
  const taken = [0, 1].filter((parity) => (service.squatted & (1 << parity)) !== 0);
  return taken.map((parity) => listener(slotOf(8000 + index, parity), SQUATTER_PID));
}

const listener = (slot: SlotAddress, pid: number): Listener => ({ ...slot, processes: [{ name: 'p', pid }] });

/** A connection through the slot: a listener whose client is gone answers nothing. */
function probe(service: Service, generation: number): ServiceObservation['probes']['next'] {
  const listening = service.bound & ofGeneration(generation);
  if (listening === 0) return 'untested';
  return (listening & service.alive) !== 0 ? 'answered' : 'silent';
}

/** Whether the address that a token's generation listens at is taken, by a channel or by another program. */
export function addressTaken(scenario: Scenario, service: Service, index: number, one: number): boolean {
  if (cutoverOf(scenario, index) === 'in-place') return (service.bound & ~one) !== 0;
  const generation = generationOf(one);
  const squatted = service.squatted !== WILDCARD && (service.squatted & (1 << (generation % 2))) !== 0;
  return squatted || sameSlot(service.bound & ~one, generation) !== 0;
}
