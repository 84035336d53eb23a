import type { KeyPhase } from '../../../src/model/pull.ts';
import type {
  KeyAction,
  KeyObservation,
  KeyOperation,
  KeyOrder,
} from '../../../src/planner/rotation/keys.ts';
import { decideKey, KEY_RULES, ORDER_OF_KEY_OPERATIONS } from '../../../src/planner/rotation/keys.ts';
import type { Model, Move } from './explorer.ts';

/** What the product decides about keys, for mutations to replace. */
export interface KeyProtocol {
  readonly rules: typeof KEY_RULES;
  readonly order: Readonly<Record<KeyAction, readonly KeyOperation[]>>;
  /** Which of its keys a client keeps when sync.conf names a successor. */
  readonly client: 'both until the new one was answered' | 'the new one';
}

export const REAL_KEYS: KeyProtocol = {
  rules: KEY_RULES,
  order: ORDER_OF_KEY_OPERATIONS,
  client: 'both until the new one was answered',
};

/** Keys are numbered in the order in which they are made; sets of them are bits. 0: none. */
export interface KeyWorld {
  readonly phase: KeyPhase;
  readonly current: number;
  readonly next: number;
  readonly made: number;
  readonly map: number;
  readonly loaded: number;
  readonly announced: number;
  readonly used: boolean;
  readonly revoked: number;
  readonly run: { readonly action: KeyAction; readonly done: number } | undefined;
  readonly client: { readonly up: boolean; readonly key: number; readonly successor: number };
  readonly rotations: number;
  readonly crashes: number;
  readonly absences: number;
  readonly orders: number;
  readonly compromised: boolean;
}

const POLICY = { maxAge: 100, warnBefore: 0 };
const NOW = 1000;
const FIRST_KEY = 1;
const bit = (key: number): number => (key === 0 ? 0 : 1 << key);

const START: KeyWorld = {
  ...{ phase: 'steady', current: FIRST_KEY, next: 0, made: bit(FIRST_KEY), map: bit(FIRST_KEY) },
  ...{ loaded: bit(FIRST_KEY), announced: 0, used: false, revoked: 0, run: undefined },
  client: { up: true, key: FIRST_KEY, successor: 0 },
  ...{ rotations: 2, crashes: 1, absences: 1, orders: 1, compromised: false },
};

/** One client's key over two rotations, with a crash of the host's run, an absence, and a declared compromise. */
export const keyModel = (protocol: KeyProtocol): Model<KeyWorld> => ({
  start: START,
  encode: (world) => JSON.stringify(world),
  moves: (world) => [
    ...nextOperation(protocol, world),
    ...begin(protocol, world, 'none'),
    ...(world.orders > 0 ? begin(protocol, world, 'compromised') : []),
    ...clientMoves(protocol, world),
  ],
  broken,
  atRest: ({ phase, run, client, current, loaded, announced }) =>
    phase === 'steady' &&
    run === undefined &&
    client.up &&
    client.key === current &&
    client.successor === 0 &&
    loaded === bit(current) &&
    announced === 0,
});

function broken({ client, loaded, revoked, run, phase, compromised }: KeyWorld): string | undefined {
  if (!compromised && ((bit(client.key) | bit(client.successor)) & loaded) === 0)
    return 'the client has no key that nginx answers to';
  if (phase === 'steady' && run === undefined && (loaded & revoked) !== 0)
    return 'nginx answers to a revoked key';
  return undefined;
}

function begin(protocol: KeyProtocol, world: KeyWorld, order: KeyOrder): Move<KeyWorld>[] {
  if (world.run !== undefined) return [];
  const seen: KeyObservation = {
    phase: world.phase,
    madeAt: world.rotations > 0 ? undefined : NOW,
    successorUsed: world.used,
  };
  const { verdict, reason } = decideKey(seen, POLICY, order, NOW, protocol.rules);
  if (verdict === 'nothing' || verdict === 'wait') return [];
  const orders = world.orders - (order === 'none' ? 0 : 1);
  const story = `apply begins to ${verdict} the client's key: ${reason}`;
  return [{ story, helpful: order === 'none', to: { ...world, orders, run: { action: verdict, done: 0 } } }];
}

function nextOperation(protocol: KeyProtocol, world: KeyWorld): Move<KeyWorld>[] {
  const { run } = world;
  if (run === undefined) return [];
  const operations = protocol.order[run.action];
  const operation = operations[run.done];
  if (operation === undefined) throw new Error(`${run.action} has no operation ${run.done}`);
  const rest = run.done + 1 < operations.length ? { ...run, done: run.done + 1 } : undefined;
  const done = { ...EFFECTS[operation](world, run.action), run: rest };
  const killed = { ...world, run: undefined, crashes: world.crashes - 1 };
  return [
    { story: `the host's ${run.action} does "${operation}"`, helpful: true, to: done },
    ...(world.crashes > 0 ? [{ story: 'the run is killed', helpful: false, to: killed }] : []),
  ];
}

const PHASE_OF = { announce: 'announcing', retire: 'retiring', replace: 'replacing' } as const;

const EFFECTS: Readonly<Record<KeyOperation, (world: KeyWorld, action: KeyAction) => KeyWorld>> = {
  decide,
  'make-key': (world) => ({ ...world, made: world.made | bit(world.next) }),
  map: (world, action) => ({ ...world, map: accepted(world, action) & world.made }),
  load: (world) => ({ ...world, loaded: world.map }),
  sync: (world, action) => ({ ...world, announced: action === 'announce' ? world.next : 0 }),
  audit: (world) => world,
  remove: (world, action) => ({ ...world, made: world.made & accepted(world, action) }),
  settle: (world, action) => {
    if (action === 'announce') return { ...world, phase: 'announced' };
    const revoked = world.revoked | (~bit(world.next) & 0xff);
    return {
      ...world,
      phase: 'steady',
      current: world.next,
      next: 0,
      used: false,
      revoked: revoked & ~bit(world.next),
    };
  },
};

const accepted = ({ current, next }: KeyWorld, action: KeyAction): number =>
  action === 'announce' ? bit(current) | bit(next) : bit(next);

function decide(world: KeyWorld, action: KeyAction): KeyWorld {
  const phase = PHASE_OF[action];
  if (world.phase === phase || action === 'retire') return { ...world, phase };
  const next = Math.max(world.current, world.next) + 1;
  const announced = action === 'announce';
  const rotations = Math.max(0, world.rotations - (announced ? 1 : 0));
  return { ...world, phase, next, rotations, used: false, compromised: world.compromised || !announced };
}

function clientMoves(protocol: KeyProtocol, world: KeyWorld): Move<KeyWorld>[] {
  const { client } = world;
  const back = { ...world, client: { ...client, up: true } };
  if (!client.up) return [{ story: 'the client comes back', helpful: true, to: back }];
  const away = { ...world, client: { ...client, up: false }, absences: world.absences - 1 };
  const bundle = { ...world, client: { up: true, key: world.current, successor: 0 } };
  const known = (bit(client.key) | bit(client.successor)) & world.loaded;
  const lockedOut = world.compromised && world.phase !== 'replacing' && known === 0;
  return [
    { story: 'the client polls', helpful: true, to: poll(protocol, world) },
    ...(world.absences > 0 ? [{ story: 'the client goes away', helpful: false, to: away }] : []),
    ...(lockedOut ? [{ story: 'a person installs the new bundle', helpful: true, to: bundle }] : []),
  ];
}

/** It asks with the successor first; only when that is answered the old key is forgotten. */
function poll(protocol: KeyProtocol, world: KeyWorld): KeyWorld {
  const { client, loaded, announced } = world;
  const answered = [client.successor, client.key].find((key) => (bit(key) & loaded) !== 0);
  if (answered === undefined) return world;
  const used = world.used || answered === world.next;
  const successor = announced === answered ? 0 : announced;
  if (protocol.client === 'the new one' && successor !== 0)
    return { ...world, used, client: { ...client, key: successor, successor: 0 } };
  return { ...world, used, client: { ...client, key: answered, successor } };
}
