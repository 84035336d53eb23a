import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decide, RULES } from '../../../src/model/rotation/table.ts';
import type { Action, Situation } from '../../../src/model/rotation.ts';
import { isAction } from '../../../src/planner/rotation/plan.ts';
import { decidedRecord, inMotion, settledRecord } from '../../../src/planner/rotation/record.ts';
import { situationOf } from '../../../src/planner/rotation/situation.ts';
import { allSituations, NOW, observations, policies } from './situations.ts';

/** What each phase may become, and by which decided phase it goes: time and repetition only move along these. */
const FORWARD: Readonly<Record<Situation['phase'], readonly Action[]>> = {
  gone: ['issue', 'tidy'],
  steady: ['stage', 'compromise', 'tidy'],
  staging: ['stage', 'cancel', 'compromise'],
  staged: ['finalize', 'postpone', 'cancel', 'compromise'],
  finalizing: ['finalize', 'compromise'],
  cancelling: ['cancel', 'compromise'],
  compromised: ['compromise'],
  issuing: ['issue', 'compromise'],
};

/** Only a person asks for these; by themselves they are at most completed. */
const ASKED = ['cancel', 'compromise', 'issue'];
const HALF_DONE = ['cancelling', 'compromised', 'issuing'];

test('all combinations of facts: a rule matches, each is reached, nothing goes backwards or unasked', {
  timeout: 120_000,
}, () => {
  const reached = new Set<string>();
  const wrong: Situation[] = [];
  for (const situation of allSituations()) {
    const { verdict, rule } = decide(situation);
    reached.add(rule);
    if (!isAction(verdict)) continue;
    const unasked = situation.order === 'none' && !HALF_DONE.includes(situation.phase);
    if (!FORWARD[situation.phase].includes(verdict) || (unasked && ASKED.includes(verdict)))
      wrong.push(situation);
  }
  expect(wrong).toEqual([]);
  expect(RULES.map(({ name }) => name).filter((name) => !reached.has(name))).toEqual([]);
});

test('names of rules are unique', () => {
  expect(new Set(RULES.map(({ name }) => name)).size).toBe(RULES.length);
});

test('time only moves a state forward: what is done now is not undone or refused later', () => {
  fc.assert(
    fc.property(observations, policies, fc.nat(10 * 86_400), (seen, policy, later) => {
      const at = (now: number) =>
        decide(situationOf(seen, policy, { order: 'none', now, othersInMotion: 0 }));
      const now = at(NOW).verdict;
      if (isAction(now)) expect(at(NOW + later).verdict).toBe(now);
    }),
    { numRuns: 2000 },
  );
});

test('after a decision and again after its outcome, nothing contradicts it', () => {
  fc.assert(
    fc.property(observations, policies, (seen, policy) => {
      const ask = (record: typeof seen.record) =>
        decide(situationOf({ ...seen, record }, policy, { order: 'none', now: NOW, othersInMotion: 0 }));
      const { verdict } = ask(seen.record);
      if (!isAction(verdict) || verdict === 'tidy') return;
      const decided = decidedRecord(verdict, seen.record, policy, NOW);
      expect(ask(decided).verdict).toBe(verdict === 'postpone' ? 'stage' : verdict);
      const settled = settledRecord(verdict, decided, NOW);
      expect(inMotion(settled)).toBe(verdict === 'stage' || verdict === 'postpone');
      expect(settled.highest).toBeGreaterThanOrEqual(seen.record.highest);
    }),
    { numRuns: 2000 },
  );
});

test('the plan after a completed plan is empty', () => {
  fc.assert(
    fc.property(observations, policies, (seen, policy) => {
      const asked = { order: 'none', now: NOW, othersInMotion: 0 } as const;
      let record = seen.record;
      // Each action completes at once, its slots are as the outcome makes them, and no time passes.
      for (let round = 0; round < 3; round++) {
        const { verdict } = decide(situationOf({ ...seen, record, leftover: false }, policy, asked));
        if (!isAction(verdict)) break;
        record = settledRecord(verdict, decidedRecord(verdict, record, policy, NOW), NOW);
        expect(round).toBeLessThan(2);
      }
      const quiet = { ...seen, record, leftover: false, listeners: [] };
      const after = decide(situationOf(quiet, policy, asked));
      if (!inMotion(record) && record.rotatedAt === NOW) expect(after.verdict).toBe('nothing');
    }),
    { numRuns: 2000 },
  );
});
