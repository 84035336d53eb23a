import type { Decision, RotationFacts, Rule, Situation } from '../rotation.ts';

/** What was decided and is not done yet is completed first; only a compromise goes before it. */
const UNFINISHED: readonly Rule[] = [
  {
    name: 'compromise-unfinished',
    when: { phase: ['compromised'] },
    verdict: 'compromise',
    reason: 'a compromise was declared already: the revocation is completed before anything else',
  },
  {
    name: 'compromise-nothing',
    when: { phase: ['gone'], order: ['compromised'] },
    verdict: 'refuse',
    reason: 'the service is not served: there is no token to revoke',
  },
  {
    name: 'compromise',
    when: { order: ['compromised'] },
    verdict: 'compromise',
    reason: 'declared compromised: every token given out so far ends at once, its connections are cut',
  },
  {
    name: 'finalize-unfinished-cancel',
    when: { phase: ['finalizing'], order: ['cancel'] },
    verdict: 'refuse',
    reason: 'too late to cancel: the old generation is being removed',
  },
  {
    name: 'finalize-unfinished',
    when: { phase: ['finalizing'] },
    verdict: 'finalize',
    reason: 'a finalize was decided already: it is completed',
  },
  {
    name: 'cancel-unfinished-finalize',
    when: { phase: ['cancelling'], order: ['finalize'] },
    verdict: 'refuse',
    reason: 'too late to finalize: the new generation is being cancelled',
  },
  {
    name: 'cancel-unfinished',
    when: { phase: ['cancelling'] },
    verdict: 'cancel',
    reason: 'a cancel was decided already: it is completed',
  },
  {
    name: 'issue-unfinished',
    when: { phase: ['issuing'] },
    verdict: 'issue',
    reason: 'a new generation was decided already: it is completed',
  },
  {
    name: 'cancel',
    when: { phase: ['staging', 'staged'], order: ['cancel'] },
    verdict: 'cancel',
    reason: 'cancelled on request: the old generation stays, the new number is never used again',
  },
  {
    name: 'stage-unfinished',
    when: { phase: ['staging'] },
    verdict: 'stage',
    reason: 'a staging was decided already: it is completed, its grace starts anew',
  },
];

const STEADY: readonly Rule[] = [
  {
    name: 'restore-gone',
    when: { phase: ['gone'], order: ['restore'] },
    verdict: 'issue',
    reason: 'the service comes back with a new number and a new token, never with the one in the backup',
  },
  {
    name: 'restore-kept',
    when: { order: ['restore'] },
    verdict: 'nothing',
    reason: 'the service is served: a restore leaves its generations and tokens as they are',
  },
  {
    name: 'nothing-staged',
    when: { phase: ['gone', 'steady'], order: ['finalize', 'cancel'] },
    verdict: 'refuse',
    reason: 'nothing is staged',
  },
  {
    name: 'leftover',
    when: { phase: ['gone', 'steady'], order: ['none'], view: ['leftover'] },
    verdict: 'tidy',
    reason: 'pending-tokens.json is there and nothing is in motion: it is removed',
  },
  {
    name: 'gone',
    when: { phase: ['gone'] },
    verdict: 'nothing',
    reason: 'the service is not served',
  },
  {
    name: 'fresh',
    when: { phase: ['steady'], order: ['none'], age: ['fresh', 'unmanaged'] },
    verdict: 'nothing',
    reason: 'the token is younger than max_age, or none is set',
  },
  {
    name: 'expiring',
    when: { phase: ['steady'], order: ['none'], age: ['expiring'] },
    verdict: 'nothing',
    reason: 'the token reaches max_age within warn_before',
  },
  {
    name: 'full',
    when: { phase: ['steady'], room: ['full'] },
    verdict: 'wait',
    reason: 'due, but at_most other services are staged already',
  },
  {
    name: 'slot-foreign',
    when: { phase: ['steady'], cutover: ['blue-green'], target: ['foreign'] },
    verdict: 'refuse',
    reason: 'due, but another program listens at the slot of the next generation: end it first',
  },
  {
    name: 'slot-unseen',
    when: { phase: ['steady'], cutover: ['blue-green'], target: ['unseen'] },
    verdict: 'refuse',
    reason: 'due, but who listens at the slot of the next generation cannot be seen',
  },
  {
    name: 'slot-busy',
    when: {
      phase: ['steady'],
      cutover: ['blue-green'],
      target: ['proven', 'worse'],
    },
    verdict: 'wait',
    reason: 'due, but rathole still closes a former generation at the slot of the next one',
  },
  {
    name: 'asked',
    when: { phase: ['steady'], order: ['rotate'] },
    verdict: 'stage',
    reason: 'asked for',
  },
  {
    name: 'overdue',
    when: { phase: ['steady'], age: ['overdue'] },
    verdict: 'stage',
    reason: 'the token is older than max_age',
  },
  {
    name: 'unknown-age',
    when: { phase: ['steady'], age: ['unknown'] },
    verdict: 'stage',
    reason: 'nobody knows how old the token is: it counts as overdue',
  },
];

const STAGED_IN_PLACE: readonly Rule[] = [
  {
    name: 'announced-finalize',
    when: { cutover: ['in-place'], order: ['finalize'], deadline: ['ahead'] },
    verdict: 'refuse',
    reason: 'the client was told the moment of the switch: before it, only cancel or a compromise',
  },
  {
    name: 'announced',
    when: { cutover: ['in-place'], deadline: ['ahead'] },
    verdict: 'wait',
    reason: 'in place: the switch happens at finalize_at, which the client is told at its polls',
  },
  {
    name: 'switch-unseen',
    when: { cutover: ['in-place'], serving: ['unseen'] },
    verdict: 'hold',
    reason: 'who listens at the public address cannot be seen: nothing is switched blindly',
  },
  {
    name: 'switch',
    when: { cutover: ['in-place'], told: ['yes'] },
    verdict: 'finalize',
    reason: 'in place: finalize_at has come and the client knows it',
  },
  {
    name: 'switch-offline',
    when: { cutover: ['in-place'], serving: ['silent'] },
    verdict: 'finalize',
    reason: 'in place: finalize_at has come and the old generation serves nobody',
  },
  {
    name: 'switch-cut',
    when: { cutover: ['in-place'], stragglers: ['cut'] },
    verdict: 'finalize',
    reason: 'in place: the client did not poll before finalize_at, and stragglers are cut',
  },
  {
    name: 'switch-held',
    when: { cutover: ['in-place'] },
    verdict: 'postpone',
    reason: 'in place: a connected client was not told yet: the switch moves by one grace',
  },
];

const STAGED_BLUE_GREEN: readonly Rule[] = [
  {
    name: 'settling',
    when: { file: ['young'] },
    verdict: 'wait',
    reason: 'server.toml is so new that a listener may belong to what rathole had before',
  },
  {
    name: 'proof-foreign',
    when: { target: ['foreign'] },
    verdict: 'hold',
    reason: 'another program listens at the new slot: that proves nothing and keeps the client out',
  },
  {
    name: 'proof-unseen',
    when: { target: ['unseen'] },
    verdict: 'hold',
    reason: 'who listens at the new slot cannot be seen: that proves nothing',
  },
  {
    name: 'verified',
    when: { target: ['proven'], finalize: ['when-verified'] },
    verdict: 'finalize',
    reason: 'verified: the client is connected with the new token',
  },
  {
    name: 'verified-asked',
    when: { target: ['proven'], order: ['finalize'] },
    verdict: 'finalize',
    reason: 'verified, and asked for before finalize_at',
  },
  {
    name: 'verified-deadline',
    when: { target: ['proven'], deadline: ['passed'] },
    verdict: 'finalize',
    reason: 'verified, and finalize_at has come',
  },
  {
    name: 'verified-waiting',
    when: { target: ['proven'] },
    verdict: 'wait',
    reason: 'verified: finalizes at finalize_at',
  },
  {
    name: 'grace',
    when: { deadline: ['ahead'], order: ['none', 'rotate'] },
    verdict: 'wait',
    reason: 'the client has not come with the new token yet, or does not answer through it',
  },
  {
    name: 'serving-unseen',
    when: { serving: ['unseen'] },
    verdict: 'hold',
    reason: 'who listens at the old slot cannot be seen: nothing is removed blindly',
  },
  {
    name: 'offline',
    when: { serving: ['silent'] },
    verdict: 'finalize',
    reason: 'the old generation serves nobody: the client pulls a whole config when it returns',
  },
  {
    name: 'straggler-cut',
    when: { stragglers: ['cut'] },
    verdict: 'finalize',
    reason: 'a straggler: still connected with the old token alone, and stragglers are cut',
  },
  {
    name: 'straggler-held',
    when: { stragglers: ['hold'] },
    verdict: 'hold',
    reason: 'a straggler: still connected with the old token alone, which stays valid for it',
  },
];

/** When a rotation moves on. The first rule that matches decides; the last three groups are read by phase. */
export const RULES: readonly Rule[] = [...UNFINISHED, ...STEADY, ...STAGED_IN_PLACE, ...STAGED_BLUE_GREEN];

/** Decides what is done next for one service. Throws if no rule matches: a test shows that one always does. */
export function decide(situation: Situation, rules: readonly Rule[] = RULES): Decision {
  const rule = rules.find((candidate) => applies(candidate, situation));
  if (rule === undefined) throw new Error(`no rule for ${JSON.stringify(situation)}`);
  return { verdict: rule.verdict, rule: rule.name, reason: rule.reason };
}

function applies({ when }: Rule, situation: Situation): boolean {
  for (const name in when) if (!holds(when, name as keyof RotationFacts, situation)) return false;
  return true;
}

const holds = (when: Rule['when'], name: keyof RotationFacts, situation: Situation): boolean =>
  (when[name] as readonly string[]).includes(situation[name]);
