import { serviceWith, worldWith } from './copy.ts';
import type { Move } from './explorer.ts';
import { addressTaken, cutoverOf } from './observe.ts';
import { generationOf, isSubset, members, nameOf, sameSlot } from './tokens.ts';
import type { Scenario, Service, World } from './world.ts';

/** What rathole does by itself, as measured: reload service by service, retries, listeners, and when they end. */
export function ratholeMoves(scenario: Scenario, world: World): Move<World>[] {
  return world.services.flatMap((service, index) => [
    ...reload(world, service, index),
    ...connect(scenario, world, service, index),
    ...bind(scenario, world, service, index),
    ...letInLate(scenario, world, service, index),
    ...visit(world, service, index),
  ]);
}

export const replaceService = (world: World, index: number, service: Service): World =>
  worldWith(world, {
    services: world.services.with(index, service),
  });

export const reloadPending = (world: World): boolean =>
  world.services.some(({ file, loaded }) => file !== loaded);

/** Deletions of all services come first; then what is added, service by service. In place is a change: both at once. */
function reload(world: World, service: Service, index: number): Move<World>[] {
  const { file, loaded } = service;
  if (file === loaded) return [];
  const deletes = !isSubset(loaded, file);
  if (!deletes && world.services.some((other) => !isSubset(other.loaded, other.file))) return [];
  const kept = deletes ? loaded & file : file;
  const story = deletes
    ? `rathole drops what server.toml no longer has of service ${index}`
    : `rathole loads what is new of service ${index}`;
  return [{ story, helpful: true, to: replaceService(world, index, loadOnly(service, kept)) }];
}

/**
 * Forwarded connections live on when their generation is dropped; only after a compromise does that matter. Who was let
 * in late is no concern of the config any more.
 */
function loadOnly(service: Service, file: number): Service {
  const { alive, dead, bound, late, detached, phase, loaded } = service;
  const kept = file | ~loaded;
  const dropped = phase === 'compromised' ? alive & ~kept : 0;
  return serviceWith(service, {
    loaded: file,
    alive: alive & kept,
    dead: dead & kept,
    bound: bound & kept,
    late: late & ~alive,
    detached: detached | dropped,
  });
}

/** A client authenticates for a token that both sides have. rathole drops an earlier channel and binds again. */
function connect(scenario: Scenario, world: World, service: Service, index: number): Move<World>[] {
  const client = scenario.services[index]?.client ?? 0;
  if (world.clients[client]?.up !== true) return [];
  return members(service.held & service.loaded & ~service.alive).map((one) => {
    const free = !addressTaken(scenario, service, index, one);
    const after = serviceWith(service, {
      alive: service.alive | one,
      dead: service.dead & ~one,
      bound: free ? service.bound | one : service.bound,
      authenticated: service.authenticated | one,
    });
    const story = `client ${client} authenticates for service ${index} with ${nameOf(one)}${free ? ', which listens now' : ', but its address is taken'}`;
    return { story, helpful: true, to: replaceService(world, index, after) };
  });
}

/** An address in use is tried again. */
function bind(scenario: Scenario, world: World, service: Service, index: number): Move<World>[] {
  return members(service.alive & ~service.bound)
    .filter((one) => !addressTaken(scenario, service, index, one))
    .map((one) => ({
      story: `rathole gets the address for ${nameOf(one)} of service ${index} at last`,
      helpful: true,
      to: replaceService(world, index, serviceWith(service, { bound: service.bound | one })),
    }));
}

/** rathole looks a service up when a login begins, and lets in whoever proves the token that it had then. */
function letInLate(scenario: Scenario, world: World, service: Service, index: number): Move<World>[] {
  const client = scenario.services[index]?.client ?? 0;
  if (world.clients[client]?.up !== true) return [];
  return members(service.late & service.held & ~service.loaded)
    .filter((one) => !addressTaken(scenario, service, index, one))
    .map((one) => {
      const { late, alive, bound } = service;
      const after = serviceWith(service, { late: late & ~one, alive: alive | one, bound: bound | one });
      const story = `rathole lets client ${client} in with ${nameOf(one)} of service ${index}, which is gone, and listens`;
      return { story, helpful: false, to: replaceService(world, index, after) };
    });
}

/** A dead client's listener stays until visitors, or our probes, have met it a few times. */
function visit(world: World, service: Service, index: number): Move<World>[] {
  if (service.dead === 0) return [];
  const to = serviceWith(service, { bound: service.bound & ~service.dead, dead: 0 });
  const story = `visitors of service ${index} meet a dead listener until rathole closes it`;
  return [{ story, helpful: true, to: replaceService(world, index, to) }];
}

/** A restart of the process, as after a reboot: it loads the file, and no connection survives. */
export const restarted = (service: Service): Service =>
  serviceWith(service, {
    loaded: service.file,
    alive: 0,
    dead: 0,
    bound: 0,
    late: 0,
    detached: 0,
  });

/** Two generations that server.toml has and that would listen at one address, as a sentence; or undefined. */
export function sharedSlot(scenario: Scenario, world: World): string | undefined {
  const index = world.services.findIndex(
    ({ file }, at) =>
      cutoverOf(scenario, at) === 'blue-green' &&
      members(file).some((one) => (sameSlot(file, generationOf(one)) & ~one) !== 0),
  );
  return index < 0 ? undefined : `two generations of service ${index} share a slot`;
}
