import { ratholeBind } from '../../artifacts/slot.ts';
import type { DesiredServer, DesiredService } from '../../model/desired.ts';
import type { PlannedRotation } from '../../model/plan.ts';
import type { Interruption } from '../../model/step.ts';
import { connectionsAt } from '../forecast.ts';
import type { View } from '../view.ts';
import { isAction } from './plan.ts';

/** Seconds from a switch in place to the client's poll and its return with the new token, measured, rounded up. */
const SWITCH_SECONDS = 2;

/** What the visitors of these services notice; undefined: nothing. The worst that any of them meets is told. */
export function forecastRotations(
  view: View,
  server: DesiredServer,
  rotations: readonly PlannedRotation[],
): Interruption | undefined {
  const acting = rotations.filter(({ verdict }) => isAction(verdict));
  const named = (some: readonly PlannedRotation[]) =>
    server.services.filter(({ name }) => some.some(({ service }) => service === name));
  const revoked = acting.filter(({ verdict }) => verdict === 'compromise');
  if (revoked.length > 0) return revocation(view, named(revoked), revoked);
  const changing = named(acting.filter(({ verdict }) => verdict === 'stage' || verdict === 'finalize'));
  const inPlace = changing.filter(({ cutover }) => cutover === 'in-place');
  if (inPlace.length > 0) {
    const reason =
      'in place, when the switch comes: their clients authenticate anew; live connections survive';
    return noticed(inPlace, SWITCH_SECONDS, reason);
  }
  const udp = changing.filter(({ protocol }) => protocol === 'udp');
  if (udp.length === 0) return undefined;
  return noticed(udp, 0, 'UDP flows may lose up to 3 datagrams and change their source port');
}

function noticed(services: readonly DesiredService[], seconds: number, reason: string): Interruption {
  return { kind: 'new-connections', services: names(services), seconds, connections: 0, reason };
}

function revocation(
  view: View,
  services: readonly DesiredService[],
  rotations: readonly PlannedRotation[],
): Interruption {
  const served = services.flatMap((service) => {
    const current = rotations.find((each) => each.service === service.name)?.current ?? 0;
    return current === 0 ? [] : [ratholeBind(service, current)];
  });
  const connections = connectionsAt(view, served);
  const reason = "their tokens end at once: they come back with their clients' next pull";
  return { kind: 'live-connections', services: names(services), connections, reason };
}

const names = (services: readonly DesiredService[]) => services.map(({ name }) => name).sort();
