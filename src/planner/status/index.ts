import { SERVER_UNIT } from '../../artifacts/paths.ts';
import type { Desired, DesiredClient, DesiredServer } from '../../model/desired.ts';
import type { Observed } from '../../model/observed.ts';
import type { HostStatus, Status } from '../../model/status.ts';
import { notRoot } from '../conclude.ts';
import { decisionsFor } from '../rotation/listing.ts';
import { inMotion } from '../rotation/record.ts';
import { undeclaredOn } from '../undeclared.ts';
import { type View, viewOf } from '../view.ts';
import { serviceAttention } from './attention.ts';
import { clientStanding } from './client.ts';
import { hostAttention } from './host.ts';
import { keptService, sharedAddresses } from './kept.ts';
import { type Recorded, serviceStatus } from './service.ts';

/** How the hosts that could be seen stand. The order of `observed` is nothing. */
export function status(desired: Desired, observed: readonly Observed[]): Status {
  const facts = new Map(observed.map((each) => [each.host, each.facts]));
  const hosts: HostStatus[] = [];
  const refused: Status['refused'][number][] = [];
  for (const server of sortedBy(desired.servers, ({ host }) => host.name)) {
    const seen = facts.get(server.host.name);
    const view = seen && viewOf(seen);
    const { name } = server.host;
    if (view === undefined) continue;
    if (!('clock' in view)) refused.push({ host: name, refusals: view });
    else if (!view.root) refused.push({ host: name, refusals: [notRoot(name)] });
    else hosts.push(hostStatus(server, view, desired.clients));
  }
  return { hosts, refused };
}

function hostStatus(server: DesiredServer, view: View, declared: readonly DesiredClient[]): HostStatus {
  const recorded = recordedServices(server, view);
  const services = sortedBy(server.services, ({ name }) => name);
  const managed = new Set(declared.filter((each) => each.managed).map(({ name }) => name));
  const clients = [...new Set(services.map(({ client }) => client))].sort().map((client) =>
    clientStanding(
      view,
      client,
      services
        .filter((each) => each.client === client && isMoving(recorded.get(each.name)))
        .map(({ name }) => name),
      managed.has(client),
    ),
  );
  const kept = undeclaredOn(view, server, declared);
  // Nobody serves through a server that does not run; that it does not is said of the host.
  const runs = view.units[SERVER_UNIT]?.active === 'active';
  const settled = new Set(clients.filter((each) => runs && each.settled).map((each) => each.status.client));
  const statuses = services.map((each) => serviceStatus(view, server, each, recorded.get(each.name)));
  return {
    host: server.host.name,
    tunnel: server.tunnel,
    time: view.clock,
    clients: clients.map((each) => each.status),
    services: statuses,
    kept: kept.map(keptService),
    attention: [
      ...hostAttention(view, server.host.name),
      ...sharedAddresses(kept),
      ...clients.flatMap(({ attention }) => attention),
      ...statuses.flatMap((each) =>
        serviceAttention(view, each, recorded.get(each.service), settled.has(each.client)),
      ),
    ],
  };
}

function recordedServices(server: DesiredServer, view: View): ReadonlyMap<string, Recorded> {
  const records = new Map(Object.entries(view.rotations));
  const decisions = decisionsFor(view, server, records, () => 'none');
  return new Map(
    decisions.flatMap((decision): readonly [string, Recorded][] => {
      const record = records.get(decision.service);
      return record === undefined ? [] : [[decision.service, { record, decision }]];
    }),
  );
}

const isMoving = (recorded: Recorded | undefined) => recorded !== undefined && inMotion(recorded.record);

function sortedBy<T>(all: readonly T[], name: (each: T) => string): readonly T[] {
  return [...all].sort((a, b) => (name(a) < name(b) ? -1 : 1));
}
