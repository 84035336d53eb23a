import { actorMoves } from './actors.ts';
import { clientMoves, tick } from './client.ts';
import type { Model } from './explorer.ts';
import { hostMoves } from './host.ts';
import { atRest, brokenIn } from './invariants.ts';
import type { Protocol } from './protocol.ts';
import { ratholeMoves } from './rathole.ts';
import type { Scenario, World } from './world.ts';
import { encoderOf, startOf } from './world.ts';

/** Puts the machines together: every interleaving of their moves is explored. */
export function rotationModel(scenario: Scenario, protocol: Protocol): Model<World> {
  return {
    start: startOf(scenario),
    encode: encoderOf(scenario),
    moves: (world) => [
      ...hostMoves(protocol, scenario, world),
      ...actorMoves(protocol, scenario, world),
      ...ratholeMoves(scenario, world),
      ...clientMoves(protocol, scenario, world),
      ...tick(scenario, world),
    ],
    broken: (world) => brokenIn(scenario, world),
    atRest: (world) => atRest(scenario, world),
  };
}
