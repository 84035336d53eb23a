import type { Decision, Order } from '../../../src/model/rotation.ts';
import { isAction } from '../../../src/planner/rotation/plan.ts';
import { serviceWith, worldWith } from './copy.ts';
import type { Move } from './explorer.ts';
import { brokenByDecision } from './invariants.ts';
import { decideFor, serviceAt } from './observe.ts';
import type { Protocol } from './protocol.ts';
import { replaceService } from './rathole.ts';
import { sameSlot, token } from './tokens.ts';
import type { Intent, Scenario, World } from './world.ts';
import { FIRST, WILDCARD } from './world.ts';

/** Everybody who starts a run on the host, and the other program that may sit on a slot. */
export function actorMoves(protocol: Protocol, scenario: Scenario, world: World): Move<World>[] {
  const unasked = decisionsFor(protocol, scenario, world);
  return [
    ...timer(scenario, world, unasked),
    ...controllers(protocol, scenario, world, unasked),
    ...person(protocol, scenario, world),
    ...squatter(scenario, world),
  ];
}

/** What is decided for a service when nobody asks for anything: looked up once per world, for all who come. */
type Decisions = (index: number) => Decision;

function decisionsFor(protocol: Protocol, scenario: Scenario, world: World): Decisions {
  const decided: Decision[] = [];
  return (index) => {
    decided[index] ??= decideFor(protocol, scenario, world, index, 'none');
    return decided[index];
  };
}

/** The timer comes while pending-tokens.json is there. It continues and completes, and never stages anew. */
function timer(scenario: Scenario, world: World, unasked: Decisions): Move<World>[] {
  if (!world.armed || world.run !== undefined) return [];
  return world.services.flatMap((service, index) => {
    const decision = unasked(index);
    const starts = service.phase === 'steady' && decision.verdict === 'stage';
    return starts ? [] : begin(scenario, world, index, decision, 'the timer', true);
  });
}

/** Begins a run under the lock, where the decision is something to do. */
function begin(
  scenario: Scenario,
  world: World,
  index: number,
  decision: Decision,
  who: string,
  helpful: boolean,
): Move<World>[] {
  if (!isAction(decision.verdict)) return [];
  const run = { service: index, action: decision.verdict, done: 0 };
  const story = `${who} begins to ${decision.verdict} service ${index}: ${decision.reason}`;
  const broken = brokenByDecision(scenario, world, index, decision);
  return [{ story, helpful, to: worldWith(world, { run }), broken }];
}

/**
 * Each controller plans on what it saw, and begins some time later, or never. Without controllers of its own, a
 * scenario has one that begins what it plans at once: as the host decides again under the lock, that begins the same.
 */
function controllers(
  protocol: Protocol,
  scenario: Scenario,
  world: World,
  unasked: Decisions,
): Move<World>[] {
  if (scenario.controllers === 0) return applyAtOnce(scenario, world, unasked);
  return world.plans.flatMap((plan, who) => {
    if (plan === undefined) return planSomething(world, who, unasked);
    const dropped = withPlan(world, who, undefined);
    const dies = { story: `controller ${who} dies`, helpful: true, to: dropped };
    if (world.run !== undefined) return [dies];
    return [...carryOut(protocol, scenario, dropped, plan, who, unasked(plan.service)), dies];
  });
}

function applyAtOnce(scenario: Scenario, world: World, unasked: Decisions): Move<World>[] {
  if (world.run !== undefined) return [];
  return world.services.flatMap((_, index) =>
    begin(scenario, world, index, unasked(index), 'a controller', false),
  );
}

function planSomething(world: World, who: number, unasked: Decisions): Move<World>[] {
  return world.services.flatMap((service, index) => {
    const { verdict } = unasked(index);
    if (!isAction(verdict)) return [];
    const plan = { service: index, action: verdict, highest: service.highest };
    const story = `controller ${who} plans to ${verdict} service ${index}`;
    return [{ story, helpful: false, to: withPlan(world, who, plan) }];
  });
}

/** Under the lock the host decides again: what no longer holds is not done. */
function carryOut(
  protocol: Protocol,
  scenario: Scenario,
  world: World,
  plan: Intent,
  who: number,
  now: Decision,
): Move<World>[] {
  const holds = now.verdict === plan.action && serviceAt(world, plan.service).highest === plan.highest;
  if (protocol.recheck && !holds) return [];
  const decision = holds ? now : { verdict: plan.action, rule: 'stale plan', reason: 'so it was planned' };
  return begin(scenario, world, plan.service, decision, `controller ${who}`, false);
}

const withPlan = (world: World, who: number, plan: Intent | undefined): World =>
  worldWith(world, { plans: world.plans.with(who, plan) });

/** A person's orders, each once, at any moment. */
function person(protocol: Protocol, scenario: Scenario, world: World): Move<World>[] {
  if (world.run !== undefined) return [];
  return scenario.orders.flatMap((order, bit) => {
    if ((world.orders & (1 << bit)) === 0) return [];
    const rest = worldWith(world, { orders: world.orders & ~(1 << bit) });
    return world.services.flatMap((_, index) => obey(protocol, scenario, rest, index, order));
  });
}

function obey(
  protocol: Protocol,
  scenario: Scenario,
  world: World,
  index: number,
  order: Order,
): Move<World>[] {
  if (order === 'restore' && protocol.restore === 'with old tokens') return [restoreOldTokens(world, index)];
  const decision = decideFor(protocol, scenario, world, index, order);
  return begin(scenario, world, index, decision, `a person asks for ${order}; the host`, false);
}

/** What a plain copy of a backup would do. */
function restoreOldTokens(world: World, index: number): Move<World> {
  const service = serviceWith(serviceAt(world, index), { file: token(FIRST) });
  const story = `a person copies the first backup of server.toml back (service ${index})`;
  return { story, helpful: false, to: replaceService(world, index, service) };
}

/** Another listener comes to one of service 0's slots where it is free, and later leaves it. */
function squatter(scenario: Scenario, world: World): Move<World>[] {
  const service = serviceAt(world, 0);
  if (scenario.squatter === undefined || scenario.squatter === 'staying') return [];
  const sits = (squatted: number) => replaceService(world, 0, serviceWith(service, { squatted }));
  if (service.squatted !== 0) return [{ story: 'the other listener goes away', helpful: true, to: sits(0) }];
  if (world.squats === 0) return [];
  if (scenario.squatter === 'wildcard')
    return [
      { story: 'rathole listens on [::] too', helpful: false, to: worldWith(sits(WILDCARD), { squats: 0 }) },
    ];
  const free = [0, 1].filter((parity) => sameSlot(service.bound, parity) === 0);
  return free.map((parity) => ({
    story: `another program listens at the ${parity === 0 ? 'even' : 'odd'} slot of service 0`,
    helpful: false,
    to: worldWith(sits(1 << parity), { squats: 0 }),
  }));
}
