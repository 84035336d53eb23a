import { keyPath, NGINX_KEYS } from '../../artifacts/paths.ts';
import type { DesiredClient, DesiredServer } from '../../model/desired.ts';
import type { Interruption, KeyState, Listening, Step } from '../../model/step.ts';
import { join, type Part, part } from '../part.ts';
import { decideKey, type KeyAction, type KeyOrder } from '../rotation/keys.ts';
import type { View } from '../view.ts';
import { keyNotes } from './bundles.ts';
import { type ClientKeys, clientKeys } from './client-keys.ts';
import type { PullClients } from './clients.ts';
import { removal } from './keys.ts';

/** What a person asks for, by client; nothing is what a plain plan asks. */
export type KeyOrders = ReadonlyMap<string, KeyOrder>;

/** How nginx comes to run with other keys. */
export interface Reload {
  readonly listens: readonly Listening[];
  readonly interrupts: Interruption | undefined;
}

interface Move {
  readonly client: DesiredClient;
  readonly keys: ClientKeys;
  readonly action: KeyAction;
  readonly reason: string;
  /** The number of the key that comes, or stays. */
  readonly next: number;
}

/**
 * Moves clients' keys on: those that were asked for, and apart from them those that are due, which have no part in the
 * digest, for a plan that was reviewed must not become another one by the hour.
 */
export function planKeyRotation(
  view: View,
  server: DesiredServer,
  { joined }: PullClients,
  orders: KeyOrders,
  reload: Reload,
): Part {
  const moves = joined.flatMap((client) => decided(view, server, client, orders.get(client.name) ?? 'none'));
  const asked = moves.filter(({ keys }) => orders.has(keys.client));
  const due = moves.filter(({ keys }) => !orders.has(keys.client));
  return join([together(view, asked, reload), dueOnly(together(view, due, reload))]);
}

function decided(
  view: View,
  { rotation }: DesiredServer,
  client: DesiredClient,
  order: KeyOrder,
): readonly Move[] {
  const keys = clientKeys(view, client.name);
  if (keys.found === undefined) return [];
  const { phase, madeAt, next } = keys.found;
  const seen = { phase, madeAt, successorUsed: keys.successorUsed };
  const { verdict, reason } = decideKey(seen, rotation, order, view.clock);
  if (verdict === 'wait' || verdict === 'nothing') return [];
  const goesOn = verdict === 'retire' || GOES_ON[verdict] === phase;
  return [{ client, keys, action: verdict, reason, next: goesOn ? next : keys.highest + 1 }];
}

const GOES_ON = { announce: 'announcing', replace: 'replacing' } as const;

function dueOnly({ steps, ...rest }: Part): Part {
  return { ...rest, steps: steps.map((step) => ({ ...step, due: true })) };
}

/** The operations of all moves, so that nginx is reloaded once: see ORDER_OF_KEY_OPERATIONS. */
function together(view: View, moves: readonly Move[], { listens, interrupts }: Reload): Part {
  if (moves.length === 0) return part({});
  const steps = (one: (move: Move) => readonly Step[]) => moves.flatMap(one);
  const retires = ({ action }: Move) => action === 'retire';
  const publish = ({ keys }: Move): Step => ({ kind: 'publish', client: keys.client });
  const load: Step = { kind: 'reload-nginx', listens };
  return part({
    changes: moves.map(changeOf),
    steps: [
      ...steps(decide),
      ...steps((move) => (retires(move) ? [] : [makeKey(move)])),
      ...steps((move) => (retires(move) ? [publish(move)] : [])),
      { kind: 'write-key-map', path: NGINX_KEYS },
      { kind: 'check-nginx' },
      interrupts === undefined ? load : { ...load, interrupts },
      ...steps((move) => (retires(move) ? [] : [publish(move)])),
      ...steps((move) => [audit(move)]),
      ...steps((move) => (move.action === 'announce' ? [] : removeOthers(view, move))),
      ...steps((move) => [settle(move)]),
    ],
    notes: moves
      .filter(({ action }) => action === 'replace')
      .flatMap(({ client }) =>
        client.managed ? [`${client.name} gets its new key by the next apply`] : keyNotes(client, 'a new'),
      ),
  });
}

function changeOf({ keys: { client, served }, action, reason, next }: Move) {
  const before = served.map((number) => `k${number}`).join(', ');
  const after = action === 'announce' ? `${before}, k${next}` : `k${next}`;
  return { kind: 'update', target: `API key of ${client}`, cause: reason, before, after } as const;
}

const DECIDED = { announce: 'announcing', retire: 'retiring', replace: 'replacing' } as const;

/** What was decided before and cut off is on record already. */
function decide({ keys: { client, state }, action, next }: Move): readonly Step[] {
  const phase = DECIDED[action];
  return state.phase === phase ? [] : [record(client, state, { phase, current: state.current, next })];
}

function makeKey({ keys: { client }, next }: Move): Step {
  return { kind: 'make-key', client, number: next };
}

function audit({ keys: { client }, action, next, reason }: Move): Step {
  return { kind: 'audit-key', client, action, number: next, reason };
}

function removeOthers({ files }: View, { keys: { client, numbers }, next }: Move): readonly Step[] {
  return numbers
    .filter((number) => number !== next)
    .map((number) => keyPath(client, number))
    .flatMap((path) => removal(path, files[path]?.sha256));
}

function settle({ keys: { client, state }, action, next }: Move): Step {
  const found: KeyState = { phase: DECIDED[action], current: state.current, next };
  if (action === 'announce') return record(client, found, { ...found, phase: 'announced' });
  return record(client, found, { phase: 'steady', current: next, next: 0 });
}

function record(client: string, { phase, current, next }: KeyState, to: KeyState): Step {
  return { kind: 'record-key', client, found: { phase, current, next }, ...to };
}
