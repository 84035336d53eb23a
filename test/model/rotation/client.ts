import { inMotion } from '../../../src/planner/rotation/record.ts';
import { clientWith, serviceWith, worldWith } from './copy.ts';
import type { Move } from './explorer.ts';
import { cutoverOf, GRACE_TICKS, recordOf } from './observe.ts';
import type { Protocol } from './protocol.ts';
import { reloadPending } from './rathole.ts';
import { ofGeneration } from './tokens.ts';
import type { Client, Scenario, Service, World } from './world.ts';
import { ABSENT, CURRENT, STALE } from './world.ts';

/** A client machine: it polls, stores what it got by one rename, goes away and comes back. */
export function clientMoves(protocol: Protocol, scenario: Scenario, world: World): Move<World>[] {
  return world.clients.flatMap((client, index) =>
    client.up
      ? [...poll(protocol, scenario, world, client, index), ...leave(scenario, world, index)]
      : [comeBack(world, index)],
  );
}

function poll(
  protocol: Protocol,
  scenario: Scenario,
  world: World,
  client: Client,
  index: number,
): Move<World>[] {
  if (client.fetching) return [store(protocol, scenario, world, index)];
  if (hasNothingNew(scenario, world, client, index)) return [];
  const fetched = fetchAll(scenario, world, index);
  if (scenario.slowPull === true)
    return [{ story: `client ${index} fetches its files`, helpful: true, to: fetched }];
  return [{ ...store(protocol, scenario, fetched, index), story: `client ${index} pulls` }];
}

/** A poll that is answered with 304 and changes nothing, not even what anybody knows, is no move. */
function hasNothingNew(scenario: Scenario, world: World, client: Client, index: number): boolean {
  return world.services.every((service, at) => {
    if (scenario.services[at]?.client !== index) return true;
    const { held, offered, announced, logged, knows } = service;
    const waits = cutoverOf(scenario, at) === 'in-place' && (announced !== ABSENT || knows !== ABSENT);
    const same = held === offered && logged === announced && knows === announced;
    return same && (!waits || client.polled) && (service.synced || !hasSynced(scenario, service, at, held));
  });
}

/** nginx answers with what is in the client's folder now, and logs which announcement that was. */
function fetchAll(scenario: Scenario, world: World, index: number): World {
  const polled = scenario.services.some(({ cutover }) => cutover === 'in-place');
  return mapClient(scenario, world, index, { polled, fetching: true }, (service) =>
    serviceWith(service, {
      fetched: service.offered,
      fetchedAnnounced: service.announced,
      logged: service.announced,
    }),
  );
}

/** The renames at the client. What it gives up while the server still offers it leaves visitors a dead listener. */
function store(protocol: Protocol, scenario: Scenario, world: World, index: number): Move<World> {
  const ofClient = (at: number) => scenario.services[at]?.client === index;
  const early = world.services.findIndex(
    ({ held, fetched, alive, file }, at) => ofClient(at) && (held & ~fetched & alive & file) !== 0,
  );
  const to = mapClient(scenario, world, index, { fetching: false }, (service, at) =>
    stored(protocol, scenario, service, at),
  );
  const broken =
    early < 0
      ? undefined
      : `client ${index} gives up a generation of service ${early} that the server still offers`;
  return { story: `client ${index} stores what it fetched`, helpful: true, to, broken };
}

function stored(protocol: Protocol, scenario: Scenario, service: Service, index: number): Service {
  const pending = ofGeneration(service.next) & service.fragments;
  const ahead =
    protocol.announcement === 'apply the token' && service.fetchedAnnounced !== ABSENT && pending !== 0;
  const held = ahead && cutoverOf(scenario, index) === 'in-place' ? pending : service.fetched;
  const lost = service.alive & ~held;
  const waits =
    cutoverOf(scenario, index) === 'in-place'
      ? forgetsAfterPoll(protocol, service)
      : service.fetchedAnnounced;
  return serviceWith(service, {
    held,
    alive: service.alive & ~lost,
    dead: service.dead | lost,
    knows: waits,
    synced: service.synced || hasSynced(scenario, service, index, held),
    fetched: 0,
    fetchedAnnounced: ABSENT,
  });
}

/** With a single poll after the announced moment, that poll uses the announcement up, switched or not. */
function forgetsAfterPoll(protocol: Protocol, service: Service): number {
  const used =
    protocol.announcement === 'poll once' && service.knows === CURRENT && service.staged >= GRACE_TICKS;
  return used ? ABSENT : service.fetchedAnnounced;
}

/** Whether the client now has what the staging in motion published: the new token, or in place the moment. */
function hasSynced(scenario: Scenario, service: Service, index: number, held: number): boolean {
  if (!['staging', 'staged', 'finalizing'].includes(service.phase)) return false;
  if (cutoverOf(scenario, index) === 'in-place') return service.fetchedAnnounced === CURRENT;
  return (held & ofGeneration(service.next)) !== 0;
}

/** Nobody tells the server that a client is gone: its channels stay, dead. */
function leave(scenario: Scenario, world: World, index: number): Move<World>[] {
  if (world.absences === 0) return [];
  const gone = mapClient(scenario, world, index, { up: false, fetching: false }, (service) =>
    serviceWith(service, {
      alive: 0,
      dead: service.dead | service.alive,
      fetched: 0,
      fetchedAnnounced: ABSENT,
      detached: 0,
      gap: 0,
    }),
  );
  return [
    {
      story: `client ${index} goes away`,
      helpful: false,
      to: worldWith(gone, { absences: world.absences - 1 }),
    },
  ];
}

function comeBack(world: World, index: number): Move<World> {
  const clients = world.clients.map((client, at) =>
    at === index ? clientWith(client, { up: true }) : client,
  );
  return { story: `client ${index} comes back`, helpful: true, to: worldWith(world, { clients }) };
}

function mapClient(
  scenario: Scenario,
  world: World,
  index: number,
  change: Partial<Client>,
  each: (service: Service, at: number) => Service,
): World {
  const services = world.services.map((service, at) =>
    scenario.services[at]?.client === index ? each(service, at) : service,
  );
  const clients = world.clients.map((client, at) => (at === index ? clientWith(client, change) : client));
  return worldWith(world, { services, clients });
}

/**
 * Time passes: enough for rathole to have loaded its file, for the timer to have come where it is armed, and for a
 * client that knows a moment which has passed to have polled. Never within a transaction, which is bounded.
 */
export function tick(scenario: Scenario, world: World): Move<World>[] {
  if (world.run !== undefined || someoneIsQuicker(scenario, world)) return [];
  const services = world.services.map((service, index) =>
    serviceWith(service, {
      staged: service.phase === 'staged' ? Math.min(GRACE_TICKS, service.staged + 1) : service.staged,
      gap: gapAfter(scenario, world, service, index),
    }),
  );
  const clients = world.clients.map((client) => clientWith(client, { polled: false }));
  return [
    { story: 'time passes', helpful: true, to: worldWith(world, { services, clients, settled: true }) },
  ];
}

function someoneIsQuicker(scenario: Scenario, world: World): boolean {
  const halfDone = (service: Service) => inMotion(recordOf(service, scenario)) && service.phase !== 'staged';
  const eager = (service: Service, index: number) => {
    const client = world.clients[scenario.services[index]?.client ?? 0];
    const passed = service.knows === STALE || service.staged >= GRACE_TICKS || service.phase !== 'staged';
    const inPlace = cutoverOf(scenario, index) === 'in-place';
    return inPlace && client?.up === true && !client.polled && service.knows !== ABSENT && passed;
  };
  return reloadPending(world) || world.services.some(eager) || (world.armed && world.services.some(halfDone));
}

function gapAfter(scenario: Scenario, world: World, service: Service, index: number): number {
  const up = world.clients[scenario.services[index]?.client ?? 0]?.up === true;
  const without = up && service.synced && (service.held & service.file) === 0;
  return without ? Math.min(2, service.gap + 1) : 0;
}
