import type { Action } from '../../model/rotation.ts';

/**
 * The operations of a rotation, each one rename or one command. Each may be repeated: doing an action's list again
 * from its start completes what was cut off anywhere in it. A file whose text would not change is not replaced.
 */
export const OPERATIONS = {
  arm: 'pending-tokens.json is made if it is absent, so that the timer comes back if this run is cut off',
  decide: 'the record says what was decided: from here on it will be completed',
  'make-token':
    "the new generation's folder of fragments appears, whole, if it is absent: its token is made once",
  server: 'server.toml is joined anew from the fragments of the generations that the record serves',
  cut: 'once the old listeners are gone, `ss -K` ends the live connections of the old slots',
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
 * What each action does, in this order, under one lock, for both cutovers. Three rules make every prefix safe:
 * arm before decide (a decision is never forgotten), server before client (a client never holds what the server
 * doesn't accept, and never gives up what the server still offers), settle after all that the outcome promises.
 */
export const ORDER_OF_OPERATIONS: Readonly<Record<Action, readonly Operation[]>> = {
  stage: ['arm', 'decide', 'make-token', 'server', 'pending', 'config', 'notice', 'sync', 'audit', 'settle'],
  postpone: ['decide', 'pending', 'notice', 'sync', 'audit', 'settle'],
  finalize: ['decide', 'server', 'config', 'notice', 'sync', 'audit', 'remove', 'settle', 'disarm'],
  cancel: ['decide', 'server', 'config', 'notice', 'sync', 'audit', 'remove', 'settle', 'disarm'],
  compromise: [
    'arm',
    'decide',
    'make-token',
    'server',
    'cut',
    'pending',
    'config',
    'notice',
    'sync',
    'audit',
    'remove',
    'settle',
    'disarm',
  ],
  issue: ['arm', 'decide', 'make-token', 'server', 'config', 'notice', 'sync', 'audit', 'settle', 'disarm'],
  tidy: ['disarm'],
};
