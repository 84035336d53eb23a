import { isDeepStrictEqual } from 'node:util';
import type { Cutover, RotationPolicy } from '../../../src/model/desired.ts';
import type { Action, Order, Phase } from '../../../src/model/rotation.ts';
import { ACTIONS, PHASES } from '../../../src/model/rotation.ts';
import type { Tokens } from './tokens.ts';
import { NONE, token } from './tokens.ts';

/** What one exploration is about; the union of the scenarios is what the model covers. */
export interface Scenario {
  readonly name: string;
  /** One cutover per service. */
  readonly services: readonly {
    readonly cutover: Cutover;
    readonly client: number;
    readonly gone?: true;
    readonly udp?: true;
  }[];
  readonly clients: number;
  readonly policy: Pick<RotationPolicy, 'finalize' | 'stragglers' | 'atMost'>;
  /** Stagings per service; the token is due again as long as there are some left. */
  readonly rotations: number;
  /** Controllers that hold a plan before they begin; 0: one that begins at once. */
  readonly controllers: number;
  /** What a person may ask, once each, of any service. */
  readonly orders: readonly Exclude<Order, 'none'>[];
  /** How often a host run is killed or the server reboots, and how often a client goes away. */
  readonly crashes: number;
  readonly absences: number;
  /** Another listener at service 0's slots: a program that comes and goes, one that has the next slot from the start
   *  and stays, or rathole's own on `[::]` with the slots' port, which comes and goes and takes no slot. */
  readonly squatter?: 'passing' | 'staying' | 'wildcard';
  /** Whether a client's fetch and its rename are two moments. */
  readonly slowPull?: true;
  /** Whether a login that is under way while its generation goes may end in a listener. */
  readonly lateLogins?: true;
}

export interface World {
  readonly services: readonly Service[];
  readonly clients: readonly Client[];
  /** The one transaction under the host's lock. */
  readonly run: Run | undefined;
  /** Whether pending-tokens.json is there, for which the timer comes. */
  readonly armed: boolean;
  /** Whether server.toml has stood for SETTLE_SECONDS. */
  readonly settled: boolean;
  /** What each controller has planned and not yet begun. */
  readonly plans: readonly (Intent | undefined)[];
  /** Orders that the person has not given yet, as bits. */
  readonly orders: number;
  readonly crashes: number;
  readonly absences: number;
  readonly squats: number;
}

export interface Intent {
  readonly service: number;
  readonly action: Action;
  /** The service's highest number when it was decided. */
  readonly highest: number;
}

export interface Run {
  readonly service: number;
  readonly action: Action;
  /** How many of the action's operations are done. */
  readonly done: number;
}

/** Whether an announcement is there, and whether it names the finalize_at that holds now. */
export const ABSENT = 0;
export const STALE = 1;
export const CURRENT = 2;

/** All that concerns one service: on the server's disk, in rathole, at its client, and what only the model knows. */
export interface Service {
  // The record.
  readonly phase: Phase;
  readonly current: number;
  readonly next: number;
  readonly highest: number;
  /** Ticks since the staging, up to the grace. */
  readonly staged: number;
  readonly knownAge: boolean;
  readonly stagings: number;
  // Other files of the server.
  readonly fragments: Tokens;
  readonly file: Tokens;
  readonly offered: Tokens;
  readonly announced: number;
  /** The last announcement that the log shows the client got. */
  readonly logged: number;
  // rathole-server: what it has loaded, its control channels, and which of them hold a listener.
  readonly loaded: Tokens;
  readonly alive: Tokens;
  readonly dead: Tokens;
  readonly bound: Tokens;
  /** With what a client may have been logging in when server.toml gave it up, and may still be let in. */
  readonly late: Tokens;
  /** Live connections of visitors through generations that a compromise has removed. */
  readonly detached: Tokens;
  /** Slots (bit 0 even, bit 1 odd) taken by another program; WILDCARD: a listener on every address. */
  readonly squatted: number;
  // The client's side.
  readonly held: Tokens;
  readonly fetched: Tokens;
  readonly fetchedAnnounced: number;
  readonly knows: number;
  // Known to the model only.
  readonly made: Tokens;
  readonly revoked: Tokens;
  /** What had been given out when a compromise was declared. */
  readonly condemned: Tokens;
  readonly authenticated: Tokens;
  /** Whether the client has applied what the present staging published. */
  readonly synced: boolean;
  /** The generation whose slot nginx passes the datagrams of a UDP service to; 0: it is none. */
  readonly passed: number;
  /** Ticks for which a synced client has had no working token, up to 2. */
  readonly gap: number;
}

/** In `squatted`: rathole listens on `[::]`. */
export const WILDCARD = 3;

export interface Client {
  readonly up: boolean;
  /** Whether it has polled in this tick. */
  readonly polled: boolean;
  readonly fetching: boolean;
}

/** The generation that every service starts with. */
export const FIRST = 2;

export function startOf(scenario: Scenario): World {
  const services = scenario.services.map(({ gone, udp }, index) =>
    gone === true ? goneService() : steadyService(index === 0 ? scenario.squatter : undefined, udp === true),
  );
  return {
    services,
    clients: Array.from({ length: scenario.clients }, () => ({ up: true, polled: false, fetching: false })),
    run: undefined,
    armed: false,
    settled: true,
    plans: Array.from({ length: scenario.controllers }, () => undefined),
    orders: (1 << scenario.orders.length) - 1,
    crashes: scenario.crashes,
    absences: scenario.absences,
    squats: scenario.squatter === undefined || scenario.squatter === 'staying' ? 0 : 1,
  };
}

function steadyService(squatter: Scenario['squatter'], udp: boolean): Service {
  const first = token(FIRST);
  const nextSlot = 2;
  return {
    ...goneService(),
    phase: 'steady',
    current: FIRST,
    fragments: first,
    file: first,
    offered: first,
    loaded: first,
    alive: first,
    bound: first,
    squatted: squatter === 'staying' ? nextSlot : 0,
    passed: udp ? FIRST : 0,
    held: first,
    authenticated: first,
    revoked: NONE,
  };
}

/** A service that was removed: its only token is revoked for good. */
function goneService(): Service {
  const first = token(FIRST);
  return {
    ...{ phase: 'gone', current: 0, next: 0, highest: FIRST, staged: 0, knownAge: false, stagings: 0 },
    ...{ fragments: NONE, file: NONE, offered: NONE, announced: ABSENT, logged: ABSENT },
    ...{
      loaded: NONE,
      alive: NONE,
      dead: NONE,
      bound: NONE,
      late: NONE,
      detached: NONE,
      squatted: 0,
      passed: 0,
    },
    ...{ held: NONE, fetched: NONE, fetchedAnnounced: ABSENT, knows: ABSENT },
    ...{ made: first, revoked: first, condemned: NONE, authenticated: NONE, synced: false, gap: 0 },
  };
}

/**
 * The world as a short text, equal for worlds that differ by a symmetry alone: controllers are alike, so their plans are
 * sorted, and of alike services with a client each it does not matter which is which.
 */
export function encoderOf(scenario: Scenario): (world: World) => string {
  if (!servicesAreAlike(scenario)) return (world) => encode(world, false);
  return (world) => {
    const one = encode(world, false);
    const other = encode(world, true);
    if (one < other) return one;
    return other;
  };
}

/** Whether there are two that differ by their number and their client's alone. */
function servicesAreAlike({ services, clients, squatter }: Scenario): boolean {
  const [first, second] = services;
  const apart = services.length === 2 && clients === 2 && first?.client !== second?.client;
  const alike = isDeepStrictEqual({ ...first, client: 0 }, { ...second, client: 0 });
  return apart && alike && squatter === undefined;
}

/** @param exchanged whether each of two services, with its client, is named as the other one */
function encode(world: World, exchanged: boolean): string {
  const codes: number[] = [];
  const { run } = world;
  codes.push(
    run === undefined ? 0 : 1 + numberOf(run, exchanged) * 256 + ACTIONS.indexOf(run.action) * 16 + run.done,
  );
  codes.push(Number(world.armed) + 2 * Number(world.settled) + 4 * world.orders);
  codes.push(world.crashes + 4 * world.absences + 16 * world.squats);
  codes.push(...world.plans.map((plan) => encodeIntent(plan, exchanged)).sort((a, b) => a - b));
  for (const client of exchanged ? world.clients.toReversed() : world.clients)
    codes.push(Number(client.up) + 2 * Number(client.polled) + 4 * Number(client.fetching));
  for (const service of exchanged ? world.services.toReversed() : world.services)
    encodeService(service, codes);
  return String.fromCharCode(...codes);
}

const encodeIntent = (plan: Intent | undefined, exchanged: boolean): number =>
  plan === undefined
    ? 0
    : 1 + numberOf(plan, exchanged) * 256 + ACTIONS.indexOf(plan.action) * 16 + plan.highest;

const numberOf = ({ service }: { readonly service: number }, exchanged: boolean): number =>
  exchanged ? 1 - service : service;

function encodeService(service: Service, codes: number[]): void {
  codes.push(
    PHASES.indexOf(service.phase) + 16 * service.current + 256 * service.next + 4096 * service.highest,
  );
  codes.push(service.staged + 4 * Number(service.knownAge) + 8 * service.stagings + 64 * service.squatted);
  codes.push(service.announced + 4 * service.logged + 16 * service.fetchedAnnounced + 64 * service.knows);
  const { fragments, file, offered, loaded, alive, dead, bound, late, detached, held, fetched } = service;
  const { made, revoked, condemned, authenticated } = service;
  const sets = [fragments, file, offered, loaded, alive, dead, bound, late, detached, held, fetched];
  sets.push(made, revoked, condemned, authenticated);
  const usedAgain = sets.some((set) => set >>> 16 !== 0);
  codes.push(Number(service.synced) + 2 * service.gap + 8 * service.passed + 128 * Number(usedAgain));
  for (const set of sets) codes.push(set & 0xffff);
  if (usedAgain) for (const set of sets) codes.push(set >>> 16);
}
