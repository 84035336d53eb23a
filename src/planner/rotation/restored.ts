import { rotationFolder } from '../../artifacts/paths.ts';
import { slotAddress } from '../../artifacts/slot.ts';
import { BLANKS } from '../../artifacts/template.ts';
import { parseAddress } from '../../codec/address.ts';
import type { DesiredServer } from '../../model/desired.ts';
import type { Refusal } from '../../model/plan.ts';
import { capacityRefusals, diskRefusals, visitorLimit } from '../capacity.ts';
import { type FoundServer, type FoundService, servicesIn } from '../found-services.ts';
import { planNginx } from '../nginx.ts';
import { join, type Part, part } from '../part.ts';
import { interruptionRefusals, portRefusals, slotRefusals } from '../safety.ts';
import { givenUp, streamServices } from '../stream-services.ts';
import type { View } from '../view.ts';
import { wantedServices } from '../wanted-services.ts';

/**
 * A service that is gone as the host will serve it once it is back, from the template that the host keeps of it;
 * undefined where that is gone too.
 */
export function restoredService(view: View, service: string, generation: number): FoundService | undefined {
  const template = view.files[`${rotationFolder(service)}/server.template`]?.text ?? '';
  const text = template
    .replaceAll(BLANKS.name, `${service}.g${generation}`)
    .replaceAll(BLANKS.generation, String(generation));
  const [found] = servicesIn('', text);
  const bind = parseAddress(found?.comment?.bind ?? '');
  if (found === undefined || bind === undefined) return undefined;
  const { table } = found;
  const slot = table.bind ?? slotAddress(bind.port, generation);
  return { ...found, table: { ...table, bind: slot } };
}

interface Comeback {
  readonly view: View;
  readonly server: DesiredServer;
  readonly found: FoundServer;
  readonly back: readonly FoundService[];
  readonly clients: ReadonlySet<string>;
}

/** What nginx has to do for services that come back, and why that cannot be. */
export function planOpening({ view, server, found, back, clients }: Comeback): Part {
  const services = wantedServices(server, { ...found, services: [...found.services, ...back] }, clients);
  const stream = streamServices(server, services);
  const nginx = planNginx(view, server, {
    stream,
    moving: found.moving,
    gone: givenUp(found.services, stream),
    replaced: false,
    visitors: visitorLimit(view, server, services),
  });
  const refusals = [
    ...back
      .filter(({ comment }) => comment?.cutover === 'blue-green')
      .flatMap(({ service, comment }) =>
        stream.some(({ name }) => name === service) ? [] : [addressTaken(service, comment?.bind ?? '')],
      ),
    ...portRefusals(view, server, services, stream),
    ...slotRefusals(services),
    ...capacityRefusals(view, server, services),
    ...diskRefusals(view, nginx.steps),
    ...interruptionRefusals(server, nginx.steps),
  ];
  return join([nginx, part({ refusals })]);
}

function addressTaken(service: string, bind: string): Refusal {
  return {
    rule: 'restore-address',
    message: `the public address of ${service}, ${bind}, belongs to another service by now`,
    remedy: 'Put it into the playbook with another address and apply.',
  };
}
