import type { Operation } from '../../../src/model/rotation/operations.ts';
import { ORDER_OF_OPERATIONS } from '../../../src/model/rotation/operations.ts';
import { decide, RULES } from '../../../src/model/rotation/table.ts';
import type { Action, RotationFacts, Rule, Situation } from '../../../src/model/rotation.ts';
import { decidedRecord, settledRecord } from '../../../src/planner/rotation/record.ts';
import { situationOf } from '../../../src/planner/rotation/situation.ts';
import type { Protocol } from './protocol.ts';
import { REAL } from './protocol.ts';

/** One guard taken away, the scenario in which that shows, and words of the invariant that it breaks. */
export interface Mutation {
  readonly guard: string;
  readonly protocol: Protocol;
  readonly scenario: string;
  readonly breaks: RegExp;
}

const PLAIN = 'two rotations: two controllers, a crash, an absence';
const SMALL = 'one rotation: a crash, an absence';
const IN_PLACE = 'in place, two rotations: a crash, an absence';
const LATE = 'logins under way while their generations go: cancel, compromise, a crash, an absence';
const STUCK = /leads to rest/;

/** The table without some rules, so that a later one decides. */
const without = (...names: string[]): Protocol =>
  withRules(RULES.filter(({ name }) => !names.includes(name)));

/** A rule that decides before all others. */
const first = (when: Rule['when'], verdict: Rule['verdict'], reason: string): Protocol =>
  withRules([{ name: 'mutated', when, verdict, reason }, ...RULES]);

const withRules = (rules: readonly Rule[]): Protocol => ({
  ...REAL,
  decide: (seen, policy, asked) => decide(situationOf(seen, policy, asked), rules),
});

/** The table with blind eyes: one value of a fact is taken for another. */
const mistaking = <K extends keyof RotationFacts>(
  fact: K,
  seen: Situation[K],
  taken: Situation[K],
): Protocol => ({
  ...REAL,
  decide: (observed, policy, asked) => {
    const situation = situationOf(observed, policy, asked);
    return decide(situation[fact] === seen ? { ...situation, [fact]: taken } : situation);
  },
});

/** An action's other operations. */
const othersThan = (operation: Operation, action: Action): readonly Operation[] =>
  ORDER_OF_OPERATIONS[action].filter((other) => other !== operation);

const ordered = (action: Action, order: readonly Operation[]): Protocol => ({
  ...REAL,
  order: { ...ORDER_OF_OPERATIONS, [action]: order },
});

/** One action without one of its operations. */
const lacking = (action: Action, operation: Operation): Protocol =>
  ordered(action, othersThan(operation, action));

/** The order of operations with one of them elsewhere: just before another one. */
function moving(action: Action, operation: Operation, before: Operation | 'end'): Protocol {
  const others = othersThan(operation, action);
  const at = before === 'end' ? others.length : others.indexOf(before);
  return ordered(action, [...others.slice(0, at), operation, ...others.slice(at)]);
}

const TABLE: readonly Mutation[] = [
  {
    guard: 'finalize waits for proof',
    protocol: first({ phase: ['staged'], target: ['free'] }, 'finalize', 'it is staged'),
    scenario: PLAIN,
    breaks: /cut although stragglers are held/,
  },
  {
    guard: 'a straggler is held at the deadline',
    protocol: mistaking('stragglers', 'hold', 'cut'),
    scenario: PLAIN,
    breaks: /cut although stragglers are held/,
  },
  {
    guard: 'a listener of another program is no proof',
    protocol: mistaking('target', 'foreign', 'proven'),
    scenario: 'another program comes and goes: cancel, a crash',
    breaks: /nobody ever authenticated/,
  },
  {
    guard: 'a wildcard listener is no proof, even of rathole itself',
    protocol: {
      ...REAL,
      decide: (seen, policy, asked) => {
        const listeners = seen.listeners.map((one) =>
          one.address === '[::]' ? { ...one, address: seen.nextAddress.address } : one,
        );
        return decide(situationOf({ ...seen, listeners }, policy, asked));
      },
    },
    scenario: 'rathole itself listens on every address for a while',
    breaks: /nobody ever authenticated/,
  },
  {
    guard: 'a listener counts only when server.toml has settled',
    protocol: mistaking('file', 'young', 'settled'),
    scenario: 'cancel and a new staging at once: an absence',
    breaks: /nobody ever authenticated/,
  },
  {
    guard: 'a dead listener beside one that answers is no proof',
    protocol: mistaking('target', 'worse', 'proven'),
    scenario: PLAIN,
    breaks: /answers visitors is removed/,
  },
  {
    guard: 'nothing is staged on a busy slot',
    protocol: without('slot-foreign'),
    scenario: 'another program sits on a slot for ever, at_most 1',
    breaks: STUCK,
  },
  {
    guard: 'a slot that is taken holds a finalize, also where stragglers are cut',
    protocol: without('slot-foreign', 'proof-foreign'),
    scenario: 'another program sits on a slot for ever, at_most 1',
    breaks: STUCK,
  },
  {
    guard: 'a finalize that was decided cannot be cancelled',
    protocol: first({ phase: ['finalizing'], order: ['cancel'] }, 'cancel', 'asked for'),
    scenario: 'cancel, finalize and rotate by hand: a crash',
    breaks: /after its finalize, cancel or compromise|no working generation/,
  },
  {
    guard: 'a compromise that was cut off is completed',
    protocol: first({ phase: ['compromised'], order: ['none'] }, 'wait', 'it was declared'),
    scenario: 'compromise, cancel, restore at any moment: a crash',
    breaks: STUCK,
  },
  {
    guard: 'a staging that was cut off is completed',
    protocol: first({ phase: ['staging'] }, 'wait', 'it is staged'),
    scenario: SMALL,
    breaks: STUCK,
  },
  {
    guard: 'at_most',
    protocol: mistaking('room', 'full', 'room'),
    scenario: 'two services of one client, at_most 1: cancel, a crash',
    breaks: /at_most/,
  },
  {
    guard: 'in place, a connected client is told before the switch',
    protocol: mistaking('told', 'no', 'yes'),
    scenario: IN_PLACE,
    breaks: /cut although stragglers are held/,
  },
];

const RECORD: readonly Mutation[] = [
  {
    guard: 'a cancel burns its number',
    protocol: {
      ...REAL,
      settled: (action, record, now) => {
        const settled = settledRecord(action, record, now);
        return action === 'cancel' ? { ...settled, highest: settled.current } : settled;
      },
    },
    scenario: 'cancel and a new staging at once: an absence',
    breaks: /a second time/,
  },
  {
    guard: 'the next number has the other parity',
    protocol: {
      ...REAL,
      decided: (action, record, policy, now) => {
        const decided = decidedRecord(action, record, policy, now);
        const burned = decided.next - record.highest > 1;
        return burned ? { ...decided, next: record.highest + 1, highest: record.highest + 1 } : decided;
      },
    },
    scenario: 'cancel and a new staging at once: an absence',
    breaks: /share a slot/,
  },
  {
    guard: 'a compromise ends the staged token too',
    protocol: {
      ...REAL,
      decided: (action, record, policy, now) =>
        action === 'compromise' && record.phase === 'staged'
          ? { ...record, phase: 'compromised' }
          : decidedRecord(action, record, policy, now),
    },
    scenario: 'compromise, cancel, restore at any moment: a crash',
    breaks: /after its finalize, cancel or compromise/,
  },
];

const OPERATIONS_MOVED: readonly Mutation[] = [
  {
    guard: 'arm before decide',
    protocol: moving('stage', 'arm', 'make-token'),
    scenario: SMALL,
    breaks: STUCK,
  },
  {
    guard: 'make the token before server.toml is joined',
    protocol: moving('stage', 'make-token', 'config'),
    scenario: SMALL,
    breaks: STUCK,
  },
  {
    guard: 'switch before server',
    protocol: moving('finalize', 'switch', 'config'),
    scenario: 'two UDP services of two clients: cancel, a crash',
    breaks: /without a working generation/,
  },
  {
    guard: "switch the other services' slots too before server.toml is joined",
    protocol: moving('stage', 'switch', 'end'),
    scenario: 'two UDP services of two clients: cancel, a crash',
    breaks: /without a working generation/,
  },
  {
    guard: 'finalize: server before client',
    protocol: moving('finalize', 'server', 'remove'),
    scenario: PLAIN,
    breaks: /that the server still offers/,
  },
  {
    guard: 'in place: server before client',
    protocol: moving('finalize', 'server', 'remove'),
    scenario: IN_PLACE,
    breaks: /working token|leads to rest|still offers/,
  },
  {
    guard: 'cancel: server before client',
    protocol: moving('cancel', 'server', 'remove'),
    scenario: 'cancel, finalize and rotate by hand: a crash',
    breaks: /that the server still offers/,
  },
  ...(['finalize', 'cancel', 'compromise'] as const).map((action) => ({
    guard: `${action}: the listener of who is let in late is ended`,
    protocol: lacking(action, 'sweep'),
    scenario: LATE,
    breaks: /a generation that is gone/,
  })),
  {
    guard: 'cancel: look for who is let in late when he can have come',
    protocol: moving('cancel', 'sweep', 'server'),
    scenario: LATE,
    breaks: /a generation that is gone/,
  },
  {
    guard: 'settle a finalize only when it is carried out',
    protocol: moving('finalize', 'settle', 'server'),
    scenario: PLAIN,
    breaks: /after its finalize, cancel or compromise/,
  },
  {
    guard: 'settle a staging only when the client can see it',
    protocol: moving('stage', 'settle', 'config'),
    scenario: SMALL,
    breaks: STUCK,
  },
];

const PROMISES: readonly Mutation[] = [
  {
    guard: 'disarm only when nothing else is in motion',
    protocol: { ...REAL, disarm: 'always' },
    scenario: 'a service comes back by restore beside a rotating one',
    breaks: STUCK,
  },
  {
    guard: 'decide again under the lock',
    protocol: { ...REAL, recheck: false },
    scenario: PLAIN,
    breaks: /stale plan|a second time/,
  },
  {
    guard: 'cut connections only when the old listeners are gone',
    protocol: { ...REAL, cut: 'at once' },
    scenario: 'compromise, cancel, restore at any moment: a crash',
    breaks: /live on/,
  },
  {
    guard: 'restore structure, never old tokens',
    protocol: { ...REAL, restore: 'with old tokens' },
    scenario: 'compromise, cancel, restore at any moment: a crash',
    breaks: /after its finalize, cancel or compromise/,
  },
  {
    guard: 'the client never applies ahead of the server',
    protocol: { ...REAL, announcement: 'apply the token' },
    scenario: IN_PLACE,
    breaks: /working token|still offers/,
  },
  {
    guard: 'the client polls until the switch has happened, not once',
    protocol: { ...REAL, announcement: 'poll once' },
    scenario: IN_PLACE,
    breaks: /working token|stragglers are held/,
  },
  {
    guard: 'told means told the moment that holds',
    protocol: { ...REAL, told: 'any' },
    scenario: IN_PLACE,
    breaks: /cut although stragglers are held/,
  },
];

export const MUTATIONS: readonly Mutation[] = [...TABLE, ...RECORD, ...OPERATIONS_MOVED, ...PROMISES];
