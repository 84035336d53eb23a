import { FINALIZE_TIMER, FOLD_TIMER, programPath, SERVER_UNIT } from '../artifacts/paths.ts';
import type { DesiredClient, DesiredServer } from '../model/desired.ts';
import type { Facts } from '../model/observed.ts';
import type { ServerPlan } from '../model/plan.ts';
import { capacityRefusals, diskRefusals, visitorLimit } from './capacity.ts';
import { planCertificates } from './certificates.ts';
import { type Conclusion, conclude, isRefused, noProgram, programHash, refused } from './conclude.ts';
import { planEnrollment } from './enrollment.ts';
import { type FoundServer, findServices } from './found-services.ts';
import { planFragments } from './fragments.ts';
import { planFoldProgram, planRotateProgram } from './host-programs.ts';
import { nginxReload, planNginx } from './nginx.ts';
import { serviceNotes } from './notes.ts';
import { planPackages } from './packages.ts';
import { join, type Part, part } from './part.ts';
import { pullClients } from './pull/clients.ts';
import { planPullFolders } from './pull/folders.ts';
import { type PullTask, planAfterNginx, planBeforeNginx } from './pull/index.ts';
import type { KeyOrders } from './pull/key-rotation.ts';
import { writesKeyMap } from './pull/keys.ts';
import { dueRotations } from './rotation/due.ts';
import { planRotationFiles } from './rotation-files.ts';
import { interruptionRefusals, nameRefusals, portRefusals, slotRefusals } from './safety.ts';
import { planServerToml } from './server-toml.ts';
import { givenUp, streamServices } from './stream-services.ts';
import {
  planDirectories,
  planObserveScript,
  planProgram,
  planSalt,
  planSysctls,
  planUser,
} from './system.ts';
import { planActive } from './timer.ts';
import { planTokenAudit } from './token-audit.ts';
import { planServerUnitFiles } from './unit-files.ts';
import { planServerUnit } from './units.ts';
import type { View } from './view.ts';
import { wantedServices } from './wanted-services.ts';

/** The plan of one server. */
export function planServer(server: DesiredServer, facts: Facts | undefined, given: Given): ServerPlan {
  const findings = conclude(server.host.name, facts, (view) => {
    const sha256 = programHash(server, view.architecture);
    if (sha256 === undefined) return refused([noProgram(server, view.architecture)]);
    const found = findServices(view);
    return isRefused(found) ? refused(found) : planKnownHost({ view, server, found, sha256, ...given });
  });
  return { host: server.host.name, tunnel: server.tunnel, ...findings };
}

/** What is the same for all hosts of a plan. */
export interface Given {
  /** The observation, which is installed on each host for keys that may only read. */
  readonly observeScript: string;
  /** All that are declared. */
  readonly clients: readonly DesiredClient[];
  readonly orders: KeyOrders;
}

interface KnownHost extends Given {
  readonly view: View;
  readonly server: DesiredServer;
  readonly found: FoundServer;
  readonly sha256: string;
}

/**
 * All parts in the order of their steps, so that each prefix is safe: rathole knows a service before nginx sends
 * visitors to it, and nothing starts before its files are there.
 */
function planKnownHost(known: KnownHost): Conclusion {
  const { view, server, found, orders } = known;
  const services = wantedServices(server, found, new Set(known.clients.map(({ name }) => name)));
  const clients = pullClients(view, known.clients, services);
  const task: HostTask = { ...known, services, clients };
  const stream = streamServices(server, services);
  const due = dueRotations(view, server, found, services);
  const rathole = planRathole(task);
  const certificates = planCertificates(view, server);
  const pull = planBeforeNginx(task);
  const nginx = planNginx(view, server, {
    stream,
    moving: found.moving,
    gone: givenUp(found.services, stream),
    replaced: certificates.steps.length > 0 || writesKeyMap(pull),
    visitors: visitorLimit(view, server, services),
  });
  const before = join([planPackages(view), planUser(view), rathole, certificates, pull, nginx]);
  const after = planAfterNginx(task, before.steps, orders, nginxReload(stream));
  const plan = join([before, after, part({ notes: serviceNotes(server, services) }), due.part]);
  const refusals = [
    ...portRefusals(view, server, services, stream),
    ...slotRefusals(services),
    ...nameRefusals(services),
    ...capacityRefusals(view, server, services),
    ...diskRefusals(view, plan.steps),
    // A rotation that could never run is refused with the playbook.
    ...interruptionRefusals(
      server,
      plan.steps.filter(({ due }) => due !== true),
    ),
  ];
  return { ...join([plan, part({ refusals })]), rotations: due.rotations };
}

type HostTask = Omit<KnownHost, 'clients'> & PullTask;

/** Everything up to rathole that serves, and the records of what it serves. */
function planRathole({ view, server, found, sha256, observeScript, services, clients }: HostTask): Part {
  const names = clients.joined.map(({ name }) => name);
  const units = planServerUnitFiles(view, server, sha256);
  const program = programPath(server.rathole.version, sha256);
  return join([
    planDirectories(view, server, names),
    planPullFolders(view, clients),
    planSalt(view),
    planProgram(view, server, sha256),
    planObserveScript(view, observeScript),
    planRotateProgram(view),
    planFoldProgram(view),
    planSysctls(view),
    planRotationFiles(view, server, found),
    planTokenAudit(server, found, services),
    planFragments(view, server, services, names),
    planServerToml(view, server, found, services),
    units,
    planServerUnit(view, server, program, units.written.has(SERVER_UNIT)),
    planEnrollment(view, server, found, services),
    ...[FINALIZE_TIMER, FOLD_TIMER].map((timer) => planActive(view, timer, units.written.has(timer))),
  ]);
}
