import type { Action, Phase } from '../rotation.ts';

/**
 * The operations of a rotation, each one rename or one command. Each may be repeated: doing an action's list again
 * from its start completes what was cut off anywhere in it. A file whose text would not change is not replaced.
 */
export const OPERATIONS = {
  arm: 'pending-tokens.json is made if it is absent, so that the timer comes back if this run is cut off',
  decide: 'the record says what was decided: from here on it will be completed',
  'make-token':
    "the new generation's folder of fragments appears, whole, if it is absent: its token is made once",
  switch:
    "nginx is reloaded with each UDP service's slot in use, as the records say, where that is the new one",
  drain:
    "`nft` turns new visitors away from the slots that are given up, `ss -K` ends rathole's listeners there, and those visitors who came to them get their data channels",
  server: 'server.toml is joined anew from the fragments of the generations that the record serves',
  cut: 'once the old listeners are gone, `ss -K` ends the live connections of the old slots',
  sweep:
    'who was logging in while his generation went is waited for, and dropped: rathole lets him in after all',
  pending: 'pending-tokens.json is written anew from the records',
  config: "pull/CLIENT/client.toml is joined anew: never before the server's file",
  notice: 'pull/CLIENT/config is written anew: the pending rotation as JSON',
  sync: 'pull/CLIENT/sync.conf is written anew: finalize_at, or none',
  audit: 'one line is added to the audit log, unless it is there for this generation and action',
  remove: 'the fragments of all generations that the record does not serve are removed',
  settle: 'the record says the outcome',
  disarm: 'pending-tokens.json is written anew from the records, or removed where nothing is in motion',
} as const;
export type Operation = keyof typeof OPERATIONS;

/**
 * What each action does, in this order, under one lock, for both cutovers. Four rules make every prefix safe:
 * arm before decide (a decision is never forgotten), switch and drain before server (nginx never passes visitors to a slot
 * that server.toml has given up), server before client (a client never holds what the server doesn't accept, and never gives
 * up what the server still offers, or still listens for), settle after all that the outcome promises.
 *
 * All lists are in the order of OPERATIONS, so the actions of several services go through them abreast: `switch`,
 * `server`, `pending` and `disarm` look at all records and are done once for all.
 */
export const ORDER_OF_OPERATIONS: Readonly<Record<Action, readonly Operation[]>> = {
  stage: [
    'arm',
    'decide',
    'make-token',
    'switch',
    'server',
    'pending',
    'config',
    'notice',
    'sync',
    'audit',
    'settle',
  ],
  postpone: ['decide', 'pending', 'notice', 'sync', 'audit', 'settle'],
  finalize: [
    'decide',
    'switch',
    'drain',
    'server',
    'sweep',
    'config',
    'notice',
    'sync',
    'audit',
    'remove',
    'settle',
    'disarm',
  ],
  cancel: [
    'decide',
    'switch',
    'drain',
    'server',
    'sweep',
    'config',
    'notice',
    'sync',
    'audit',
    'remove',
    'settle',
    'disarm',
  ],
  compromise: [
    'arm',
    'decide',
    'make-token',
    'switch',
    'server',
    'cut',
    'sweep',
    'pending',
    'config',
    'notice',
    'sync',
    'audit',
    'remove',
    'settle',
    'disarm',
  ],
  issue: [
    'arm',
    'decide',
    'make-token',
    'switch',
    'server',
    'config',
    'notice',
    'sync',
    'audit',
    'settle',
    'disarm',
  ],
  tidy: ['disarm'],
};

/** The phase that an action's decision writes; `tidy` decides nothing. */
export const DECIDED_PHASE: Readonly<Record<Exclude<Action, 'tidy'>, Phase>> = {
  stage: 'staging',
  postpone: 'staging',
  finalize: 'finalizing',
  cancel: 'cancelling',
  compromise: 'compromised',
  issue: 'issuing',
};

/** Which of a record's generations server.toml and client.toml have; in place, `next` waits while it is staged. */
export const SERVED: Readonly<Record<Phase, readonly ('current' | 'next')[]>> = {
  gone: [],
  steady: ['current'],
  staging: ['current', 'next'],
  staged: ['current', 'next'],
  finalizing: ['next'],
  cancelling: ['current'],
  compromised: ['next'],
  issuing: ['next'],
};

/**
 * Seconds for which server.toml must have stood unchanged before a listener counts. rathole loads a file within
 * tens of milliseconds; until then a listener may belong to a generation that the file no longer has.
 */
export const SETTLE_SECONDS = 2;

/**
 * For how long visitors of a slot that is given up are waited for. rathole's client opens a data channel for each within
 * about five round trips, so 3 seconds are enough up to 600 ms away.
 */
export const DRAIN_SECONDS = 3;
