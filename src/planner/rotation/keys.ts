import type { RotationPolicy } from '../../model/desired.ts';
import type { KeyPhase } from '../../model/pull.ts';
import { ageOf } from './situation.ts';

export type KeyOrder = 'none' | 'rotate' | 'compromised';
export type KeyAction = 'announce' | 'retire' | 'replace';

export interface KeyObservation {
  readonly phase: KeyPhase;
  /** When the current key was made, by the host's clock, Unix seconds; undefined: unknown. */
  readonly madeAt: number | undefined;
  /** Whether the log shows a request that was answered to the successor. */
  readonly successorUsed: boolean;
}

interface KeySituation {
  readonly phase: KeyPhase;
  readonly order: KeyOrder;
  readonly due: boolean;
  readonly successorUsed: boolean;
}

interface KeyRule {
  readonly name: string;
  readonly when: Partial<KeySituation>;
  readonly verdict: KeyAction | 'nothing' | 'wait';
  readonly reason: string;
}

/** When a client's key moves on: the first rule that matches decides. */
export const KEY_RULES: readonly KeyRule[] = [
  {
    name: 'replace-unfinished',
    when: { phase: 'replacing' },
    verdict: 'replace',
    reason: 'a compromise was declared already: the old keys are revoked before anything else',
  },
  {
    name: 'replace',
    when: { order: 'compromised' },
    verdict: 'replace',
    reason:
      'declared compromised: every key of the client ends at once, a bundle or an apply brings the new one',
  },
  {
    name: 'announce-unfinished',
    when: { phase: 'announcing' },
    verdict: 'announce',
    reason: 'a successor was decided already: it is completed',
  },
  {
    name: 'retire-unfinished',
    when: { phase: 'retiring' },
    verdict: 'retire',
    reason: 'the removal of the old key was decided already: it is completed',
  },
  {
    name: 'successor-used',
    when: { phase: 'announced', successorUsed: true },
    verdict: 'retire',
    reason: 'the client was answered with its new key: the old one ends',
  },
  {
    name: 'successor-waiting',
    when: { phase: 'announced' },
    verdict: 'wait',
    reason: 'the client has not used its new key yet: the old one stays, for as long as that takes',
  },
  {
    name: 'asked',
    when: { order: 'rotate' },
    verdict: 'announce',
    reason: 'asked for',
  },
  {
    name: 'due',
    when: { due: true },
    verdict: 'announce',
    reason: 'the key is older than max_age, or nobody knows how old',
  },
  {
    name: 'fresh',
    when: {},
    verdict: 'nothing',
    reason: 'the key is younger than max_age, or none is set',
  },
];

/** Each one rename or one command; doing a list again from its start completes what was cut off. */
export const KEY_OPERATIONS = {
  decide: 'the record says what was decided',
  'make-key': 'the successor is made on the host, if it is absent',
  map: "nginx's map of keys is written anew from the record",
  load: 'nginx is reloaded, and its new workers are waited for: until then the old map serves',
  sync: "the client's sync.conf names the successor, or none",
  audit: 'one line is added to the audit log, unless it is there for this key and action',
  remove: 'keys that the record does not name are removed',
  settle: 'the record says the outcome',
} as const;
export type KeyOperation = keyof typeof KEY_OPERATIONS;

/** A key is announced only once nginx answers to it, and is forgotten only once nginx refuses it. */
export const ORDER_OF_KEY_OPERATIONS: Readonly<Record<KeyAction, readonly KeyOperation[]>> = {
  announce: ['decide', 'make-key', 'map', 'load', 'sync', 'audit', 'settle'],
  retire: ['decide', 'sync', 'map', 'load', 'audit', 'remove', 'settle'],
  replace: ['decide', 'make-key', 'map', 'load', 'sync', 'audit', 'remove', 'settle'],
};

/** Decides what is done next about one client's key. `now` is the host's time, Unix seconds. */
export function decideKey(
  seen: KeyObservation,
  policy: Pick<RotationPolicy, 'maxAge' | 'warnBefore'>,
  order: KeyOrder,
  now: number,
  rules: readonly KeyRule[] = KEY_RULES,
): Pick<KeyRule, 'name' | 'verdict' | 'reason'> {
  const due = ['overdue', 'unknown'].includes(ageOf(seen.madeAt, policy, now));
  const situation = {
    phase: seen.phase,
    order,
    due,
    successorUsed: seen.successorUsed,
  };
  const rule = rules.find(({ when }) => applies(when, situation));
  if (rule === undefined) throw new Error(`no rule for ${JSON.stringify(situation)}`);
  return { name: rule.name, verdict: rule.verdict, reason: rule.reason };
}

function applies(when: Partial<KeySituation>, situation: KeySituation): boolean {
  const names = Object.keys(when) as (keyof KeySituation)[];
  return names.every((name) => when[name] === situation[name]);
}
