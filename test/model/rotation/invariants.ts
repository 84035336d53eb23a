import type { Decision } from '../../../src/model/rotation.ts';
import { inMotion } from '../../../src/planner/rotation/record.ts';
import { cutoverOf, recordOf, serviceAt } from './observe.ts';
import { sharedSlot } from './rathole.ts';
import { ofGeneration } from './tokens.ts';
import type { Scenario, Service, World } from './world.ts';
import { ABSENT, CURRENT } from './world.ts';

/** The first invariant that a state breaks, as a sentence. */
export function brokenIn(scenario: Scenario, world: World): string | undefined {
  const perService = world.services.map((service, index) => brokenInService(scenario, world, service, index));
  return (
    perService.find((broken) => broken !== undefined) ??
    sharedSlot(scenario, world) ??
    tooMany(scenario, world)
  );
}

function brokenInService(
  scenario: Scenario,
  world: World,
  service: Service,
  index: number,
): string | undefined {
  const { file, loaded, bound, revoked, synced, held, gap, phase, passed } = service;
  if ((file & revoked) !== 0)
    return `service ${index} accepts a token after its finalize, cancel or compromise`;
  const blueGreen = cutoverOf(scenario, index) === 'blue-green';
  if (blueGreen && synced && phase !== 'compromised' && (held & file) === 0)
    return `a client that has synced has no working generation of service ${index}`;
  if (passed !== 0 && synced && phase !== 'compromised' && (held & file & ofGeneration(passed)) === 0)
    return `nginx passes the datagrams of service ${index} to a slot without a working generation`;
  if (gap >= 2)
    return `a client that knows the moment of service ${index}'s switch stays without a working token`;
  if (phase === 'steady' && world.run === undefined && service.detached !== 0)
    return `connections through a compromised generation of service ${index} live on`;
  if (phase === 'steady' && (bound & ~loaded) !== 0)
    return `nginx passes visitors of service ${index} to a generation that is gone`;
  return undefined;
}

function tooMany(scenario: Scenario, world: World): string | undefined {
  const moving = world.services.filter(({ phase }) => phase === 'staging' || phase === 'staged');
  return moving.length > scenario.policy.atMost ? 'more services are staged than at_most allows' : undefined;
}

/** What a decision breaks at the moment when it is taken: the table judged by what is really so. */
export function brokenByDecision(
  scenario: Scenario,
  world: World,
  index: number,
  { verdict, rule }: Decision,
): string | undefined {
  const service = serviceAt(world, index);
  if (verdict !== 'finalize' || service.phase === 'finalizing') return undefined;
  if (service.phase !== 'staged') return `service ${index} is finalized a second time, or without a staging`;
  return (
    falseProof(service, index, rule) ??
    takesAway(service, index, rule) ??
    cutsStraggler(scenario, service, index, rule)
  );
}

function falseProof(service: Service, index: number, rule: string): string | undefined {
  const proven = (service.authenticated & ofGeneration(service.next)) !== 0;
  return rule.startsWith('verified') && !proven
    ? `service ${index} counts as verified, and nobody ever authenticated with the new token`
    : undefined;
}

function takesAway(service: Service, index: number, rule: string): string | undefined {
  const answers = (generation: number) => (service.alive & service.bound & ofGeneration(generation)) !== 0;
  return rule.startsWith('verified') && answers(service.current) && !answers(service.next)
    ? `the generation of service ${index} that answers visitors is removed, and the new one doesn't answer`
    : undefined;
}

/** `hold` promises a connected client that it is waited for: until it has the new token, or knows the moment. */
function cutsStraggler(
  scenario: Scenario,
  service: Service,
  index: number,
  rule: string,
): string | undefined {
  if (scenario.policy.stragglers === 'cut') return undefined;
  const inPlace = cutoverOf(scenario, index) === 'in-place';
  const ready = inPlace ? service.knows === CURRENT : (service.held & ofGeneration(service.next)) !== 0;
  const connected = (service.alive & service.bound & ofGeneration(service.current)) !== 0;
  return connected && !ready
    ? `a connected client of service ${index} is cut although stragglers are held (${rule})`
    : undefined;
}

/** Everything agrees, nothing is in motion, and every client is connected with the one generation that there is. */
export function atRest(scenario: Scenario, world: World): boolean {
  const quiet = world.run === undefined && !world.armed && world.plans.every((plan) => plan === undefined);
  return (
    quiet &&
    world.clients.every(({ up }) => up) &&
    world.services.every((service) => rests(scenario, service))
  );
}

function rests(scenario: Scenario, service: Service): boolean {
  if (inMotion(recordOf(service, scenario))) return false;
  const only = service.fragments & ofGeneration(service.current);
  const { file, offered, loaded, held, alive, bound, dead, knows, fragments } = service;
  const agreed = [file, offered, loaded, held, alive, bound, fragments].every((set) => set === only);
  const served = service.phase === 'gone' || only !== 0;
  return served && agreed && dead === 0 && knows === ABSENT;
}
