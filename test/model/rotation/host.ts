import { type Operation, SERVED } from '../../../src/model/rotation/operations.ts';
import { servedGenerations } from '../../../src/planner/rotation/generation.ts';
import { inMotion } from '../../../src/planner/rotation/record.ts';
import { serviceWith, worldWith } from './copy.ts';
import type { Move } from './explorer.ts';
import { cutoverOf, nowOf, policyOf, recordOf, serviceAt } from './observe.ts';
import type { Protocol } from './protocol.ts';
import { replaceService, restarted } from './rathole.ts';
import { freshToken, ofGeneration } from './tokens.ts';
import type { Run, Scenario, Service, World } from './world.ts';
import { ABSENT, CURRENT, STALE } from './world.ts';

/**
 * What nobody in the model reads: a kill before or after it is the same state, so it is left out. That a listener is
 * gone a moment before its generation matters to visitors alone: an action that is decided is completed either way.
 */
const UNREAD: ReadonlySet<Operation> = new Set(['drain', 'pending', 'notice', 'audit']);

/** The host's program under its lock: its next operation, or its end anywhere between two of them. */
export function hostMoves(protocol: Protocol, scenario: Scenario, world: World): Move<World>[] {
  return [...nextOperation(protocol, scenario, world), ...crash(world)];
}

/** The run's operations in their order, those left out that change nothing in the model. */
const operationsOf = (protocol: Protocol, scenario: Scenario, run: Run): Operation[] =>
  protocol.order[run.action].filter(
    (operation) => !UNREAD.has(operation) && (operation !== 'sweep' || scenario.lateLogins === true),
  );

function nextOperation(protocol: Protocol, scenario: Scenario, world: World): Move<World>[] {
  const { run } = world;
  if (run === undefined) return [];
  const operations = operationsOf(protocol, scenario, run);
  const operation = operations[run.done];
  if (operation === undefined) throw new Error(`${run.action} has no operation ${run.done}`);
  const service = serviceAt(world, run.service);
  if (awaitsLoad(protocol, run, operation, service) && service.file !== service.loaded) return [];
  const done =
    run.done + 1 < operations.length
      ? { service: run.service, action: run.action, done: run.done + 1 }
      : undefined;
  const story = `the host's ${run.action} of service ${run.service} does "${operation}"`;
  const broken = operation === 'decide' ? numberUsedAgain(protocol, scenario, world, run) : undefined;
  const to = worldWith(EFFECTS[operation](protocol, scenario, world, run), { run: done });
  return [{ story, helpful: true, to, broken }];
}

/** After the moment that these take, rathole has loaded server.toml. */
const awaitsLoad = (protocol: Protocol, run: Run, operation: Operation, { late }: Service): boolean =>
  (operation === 'sweep' && (late !== 0 || run.action === 'compromise')) ||
  (operation === 'cut' && protocol.cut === 'once the old listeners are gone');

/** One kill of the run, or one reboot of the server at any time. What is on disk stays as it is. */
function crash(world: World): Move<World>[] {
  if (world.crashes === 0) return [];
  const after = worldWith(world, { run: undefined, crashes: world.crashes - 1 });
  const reboot = worldWith(after, { services: world.services.map(restarted) });
  const killed = { story: 'the run is killed', helpful: false, to: after };
  return [
    ...(world.run === undefined ? [] : [killed]),
    { story: 'the server reboots', helpful: false, to: reboot },
  ];
}

type Effect = (protocol: Protocol, scenario: Scenario, world: World, run: Run) => World;

const same: Effect = (_protocol, _scenario, world) => world;

const EFFECTS: Readonly<Record<Operation, Effect>> = {
  arm: (_protocol, _scenario, world) => worldWith(world, { armed: true }),
  decide,
  'make-token': (_protocol, _scenario, world, run) => changed(world, run, makeToken),
  switch: switchSlots,
  drain: same,
  server: writeServer,
  cut: (_protocol, _scenario, world, run) =>
    changed(world, run, (service) => serviceWith(service, { detached: 0 })),
  sweep: (_protocol, _scenario, world, run) => changed(world, run, sweep),
  pending: same,
  config: (_protocol, scenario, world, run) =>
    forClientOf(scenario, world, run, (service, index) =>
      serviceWith(service, { offered: served(scenario, service, index) }),
    ),
  notice: same,
  sync: (_protocol, scenario, world, run) =>
    forClientOf(scenario, world, run, (service, index) =>
      serviceWith(service, { announced: announcement(scenario, service, index) }),
    ),
  audit: same,
  remove: (_protocol, scenario, world, run) =>
    changed(world, run, (service) =>
      serviceWith(service, { fragments: served(scenario, service, run.service) }),
    ),
  settle,
  disarm: (protocol, scenario, world) => {
    const busy = world.services.some((service) => inMotion(recordOf(service, scenario)));
    return worldWith(world, { armed: busy && protocol.disarm === 'when nothing is in motion' });
  },
};

function changed(world: World, run: Run, change: (service: Service) => Service): World {
  return replaceService(world, run.service, change(serviceAt(world, run.service)));
}

/** A folder belongs to a client: all its services' fragments are joined. */
function forClientOf(
  scenario: Scenario,
  world: World,
  run: Run,
  change: (service: Service, index: number) => Service,
): World {
  const client = scenario.services[run.service]?.client;
  const services = world.services.map((service, index) =>
    scenario.services[index]?.client === client ? change(service, index) : service,
  );
  return worldWith(world, { services });
}

function decide(protocol: Protocol, scenario: Scenario, world: World, run: Run): World {
  return changed(world, run, (service) => {
    const before = recordOf(service, scenario);
    const after = protocol.decided(run.action, before, policyOf(scenario, run.service), nowOf());
    const { phase, current, next, highest } = after;
    const fresh = next !== service.next || run.action === 'compromise';
    const dated = phase === 'staging';
    const stagings = service.stagings + (phase === 'staging' && fresh ? 1 : 0);
    const outdated = dated ? outdateAnnouncements(service) : service;
    const synced = service.synced && !fresh && !dated;
    const declared = phase === 'compromised' && service.phase !== 'compromised';
    const condemned = declared ? service.made : service.condemned;
    const numbers = { phase, current, next, highest, stagings };
    return serviceWith(outdated, { ...numbers, staged: dated ? 0 : service.staged, synced, condemned });
  });
}

/** The grace starts anew: whoever was told a moment was told a wrong one. */
const outdateAnnouncements = (service: Service): Service =>
  serviceWith(service, {
    announced: Math.min(service.announced, STALE),
    logged: Math.min(service.logged, STALE),
    fetchedAnnounced: Math.min(service.fetchedAnnounced, STALE),
    knows: Math.min(service.knows, STALE),
  });

function numberUsedAgain(protocol: Protocol, scenario: Scenario, world: World, run: Run): string | undefined {
  const service = serviceAt(world, run.service);
  const { next } = protocol.decided(
    run.action,
    recordOf(service, scenario),
    policyOf(scenario, run.service),
    nowOf(),
  );
  const rises = next === 0 || next === service.next || 1 << next > (service.made & 0xffff);
  return rises ? undefined : `service ${run.service} gets the number ${next} a second time, or a lower one`;
}

/** Once per generation: a repeated operation finds the folder and keeps it. */
function makeToken(service: Service): Service {
  if ((service.fragments & ofGeneration(service.next)) !== 0) return service;
  const fresh = freshToken(service.next, service.made);
  return serviceWith(service, { fragments: service.fragments | fresh, made: service.made | fresh });
}

/** The moment in which a login could still end is over. */
const sweep = (service: Service): Service =>
  serviceWith(service, {
    late: 0,
    alive: service.alive & service.loaded,
    dead: service.dead & service.loaded,
    bound: service.bound & service.loaded,
  });

/** One reload for all UDP services. */
function switchSlots(_protocol: Protocol, _scenario: Scenario, world: World): World {
  const services = world.services.map((service) => {
    const comes = SERVED[service.phase].every((which) => which === 'next') && service.next !== 0;
    return service.passed !== 0 && comes ? serviceWith(service, { passed: service.next }) : service;
  });
  return worldWith(world, { services });
}

/** One file for all services: whatever their records say now is what it gets. */
function writeServer(_protocol: Protocol, scenario: Scenario, world: World): World {
  const services = world.services.map((service, index) => {
    const file = served(scenario, service, index);
    const goes = service.file & ~file;
    const late = isLetInLate(scenario, index) ? goes & service.held & ~service.alive : 0;
    return serviceWith(service, { file, revoked: service.revoked | goes, late: service.late | late });
  });
  const replaced = services.some(({ file }, index) => file !== serviceAt(world, index).file);
  return worldWith(world, { services, settled: world.settled && !replaced });
}

/** In place the client's next login takes the place of one that was let in late. */
const isLetInLate = (scenario: Scenario, index: number) =>
  scenario.lateLogins === true && cutoverOf(scenario, index) === 'blue-green';

function served(scenario: Scenario, service: Service, index: number): number {
  const generations = servedGenerations(cutoverOf(scenario, index), recordOf(service, scenario));
  return generations.reduce((set, generation) => set | (ofGeneration(generation) & service.fragments), 0);
}

/** Only in place does anybody wait for the moment, so only there it is part of the model. */
function announcement(scenario: Scenario, service: Service, index: number): number {
  const pending = service.phase === 'staging' || service.phase === 'staged';
  return pending && cutoverOf(scenario, index) === 'in-place' ? CURRENT : ABSENT;
}

/** The outcome stands from here on: every token but those that it serves is revoked for good. */
function settle(protocol: Protocol, scenario: Scenario, world: World, run: Run): World {
  return changed(world, run, (service) => {
    const record = protocol.settled(run.action, recordOf(service, scenario), nowOf());
    const { phase, current, next, highest } = record;
    if (phase !== 'steady') return serviceWith(service, { phase, current, next, highest });
    const revoked = service.revoked | service.condemned | (service.made & ~ofGeneration(current));
    return serviceWith(outdateAnnouncements(service), {
      phase,
      current,
      next,
      highest,
      revoked,
      staged: 0,
      knownAge: true,
    });
  });
}
