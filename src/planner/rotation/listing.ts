import { PENDING, SERVER_TOML, SERVER_UNIT } from '../../artifacts/paths.ts';
import { ratholeBind } from '../../artifacts/slot.ts';
import type { DesiredServer, DesiredService } from '../../model/desired.ts';
import type { PlannedRotation } from '../../model/plan.ts';
import type { Order, RotationRecord, ServiceObservation, SlotAddress } from '../../model/rotation.ts';
import type { View } from '../view.ts';
import { nextGeneration } from './generation.ts';
import { isAction, planRotations } from './plan.ts';
import { decidedRecord, inMotion } from './record.ts';

/**
 * What the table answers for each service that has an order, as far as it can be seen from here: without probes.
 * Services in motion are there too.
 */
export function decisionsFor(
  view: View,
  server: DesiredServer,
  records: ReadonlyMap<string, RotationRecord>,
  orderOf: (service: string) => Order | undefined,
): readonly PlannedRotation[] {
  const leftover = view.files[PENDING] !== undefined && ![...records.values()].some(inMotion);
  const services = server.services.flatMap((service) => {
    const record = records.get(service.name);
    const order = orderOf(service.name);
    // What is in motion takes its room, whether it is meant or not.
    if (record === undefined || (order === undefined && !inMotion(record))) return [];
    const seen = { ...observationOf(view, service, record), leftover };
    const policy = { ...server.rotation, cutover: service.cutover };
    return [{ name: service.name, seen, policy, order: order ?? 'none' }];
  });
  return planRotations(services, view.clock).map(({ name, decision }) => {
    const record = records.get(name);
    if (record === undefined) throw new Error(`${name} has no record`);
    const { current, finalizeAt } = record;
    const { verdict } = decision;
    // What is revoked or comes back takes a number of its own, whatever is staged.
    const { next } = isAction(verdict) ? decidedRecord(verdict, record, server.rotation, view.clock) : record;
    return { service: name, current, next: next || nextGeneration(record), finalizeAt, ...decision };
  });
}

function observationOf(
  view: View,
  service: DesiredService,
  record: RotationRecord,
): Omit<ServiceObservation, 'leftover'> {
  const address = (generation: number): SlotAddress => ({
    protocol: service.protocol,
    ...ratholeBind(service, generation),
  });
  return {
    record,
    listeners: view.listeners,
    ratholePid: view.units[SERVER_UNIT]?.mainPid ?? 0,
    currentAddress: address(record.current),
    nextAddress: address(record.next || nextGeneration(record)),
    probes: { current: 'untested', next: 'untested' },
    serverFileAt: view.files[SERVER_TOML]?.modified ?? 0,
    told: wasTold(view, service.client),
  };
}

/** Whether the log shows that the client has the sync.conf that is published now: its ETag, not the time. */
function wasTold({ pulls }: View, client: string): boolean {
  const published = pulls.published[client]?.['sync.conf'];
  return pulls.seen.some(
    (each) => each.client === client && each.file === 'sync.conf' && each.etag === published,
  );
}
