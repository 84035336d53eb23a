import { programPath } from '../artifacts/paths.ts';
import { Unquotable } from '../codec/unquotable.ts';
import type { DesiredClient, DesiredServer } from '../model/desired.ts';
import type { Facts } from '../model/observed.ts';
import type { HostPlan, Refusal } from '../model/plan.ts';
import { capacityRefusals, diskRefusals, visitorLimit } from './capacity.ts';
import { planCertificates } from './certificates.ts';
import { planEnrollment } from './enrollment.ts';
import { planFinalizeTimer, planRotateProgram } from './finalize-timer.ts';
import { type FoundServer, findServices } from './found-services.ts';
import { planFragments } from './fragments.ts';
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
import { planTokenAudit } from './token-audit.ts';
import { planServerUnit, planUnitFile } from './units.ts';
import { type View, viewOf } from './view.ts';
import { wantedServices } from './wanted-services.ts';

/** One host's plan. What cannot be known, or cannot be written, refuses it; then it has no steps. */
export function planHost(server: DesiredServer, facts: Facts | undefined, given: Given): HostPlan {
  const { changes, steps, refusals, notes, rotations } = concludeHost(server, facts, given);
  const blocked = refusals.some(({ consent }) => consent === undefined);
  return {
    host: server.host.name,
    tunnel: server.tunnel,
    changes,
    steps: blocked ? [] : steps,
    refusals: unique(refusals),
    notes: [...new Set(notes)],
    rotations,
  };
}

/** A host's parts, and the rotations that go with them. */
type Conclusion = Part & Pick<HostPlan, 'rotations'>;

const refused = (refusals: readonly Refusal[]): Conclusion => ({ ...part({ refusals }), rotations: [] });

function concludeHost(server: DesiredServer, facts: Facts | undefined, given: Given): Conclusion {
  if (facts === undefined) return refused([notObserved(server.host.name)]);
  const view = viewOf(facts);
  if (isRefused(view)) return refused(view);
  if (!view.root) return refused([notRoot(server.host.name)]);
  const sha256 = programHash(server, view.architecture);
  if (sha256 === undefined) return refused([noProgram(server, view.architecture)]);
  const found = findServices(view);
  if (isRefused(found)) return refused(found);
  try {
    return planKnownHost({ view, server, found, sha256, ...given });
  } catch (error) {
    if (error instanceof Unquotable) return refused([unquotable(error)]);
    throw error;
  }
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
  const plan = join([before, after, part({ notes: serviceNotes(services) }), due.part]);
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
  const unitFile = planUnitFile(view, server, sha256);
  const program = programPath(server.rathole.version, sha256);
  return join([
    planDirectories(view, server, names),
    planPullFolders(view, clients),
    planSalt(view),
    planProgram(view, server, sha256),
    planObserveScript(view, observeScript),
    planRotateProgram(view),
    planSysctls(view),
    planRotationFiles(view, server, found),
    planTokenAudit(server, found, services),
    planFragments(view, server, services, names),
    planServerToml(view, server, found, services),
    unitFile,
    planServerUnit(view, server, program, unitFile),
    planEnrollment(view, server, found, services),
    planFinalizeTimer(view),
  ]);
}

function isRefused<T extends object>(value: T | readonly Refusal[]): value is readonly Refusal[] {
  return Array.isArray(value);
}

/** A hash alone is that of a program on this machine, whatever it is for, or of the release for x86_64. */
function programHash({ rathole }: DesiredServer, architecture: string): string | undefined {
  const { sha256, binary } = rathole;
  if (typeof sha256 !== 'string') return sha256[architecture];
  return binary !== undefined || architecture === 'x86_64' ? sha256 : undefined;
}

function notObserved(host: string): Refusal {
  return {
    rule: 'not-observed',
    message: `${host} was not observed`,
    remedy: 'Make it reachable and plan again.',
  };
}

export function notRoot(host: string): Refusal {
  const remedy = 'Log in as root, or set ansible_become and allow `sudo -n`.';
  return { rule: 'not-root', message: `${host} was not observed as root`, remedy };
}

function noProgram({ rathole }: DesiredServer, architecture: string): Refusal {
  const message = `there is no pinned hash of rathole ${rathole.version} for ${architecture}`;
  const remedy = `Pin it in the playbook: sha256: { ${architecture}: … }, beside those of other architectures.`;
  return { rule: 'no-program', message, remedy };
}

function unquotable(error: Unquotable): Refusal {
  return { rule: 'unquotable', message: error.message, remedy: 'Use another value in the playbook.' };
}

function unique(refusals: readonly Refusal[]): readonly Refusal[] {
  return [...new Map(refusals.map((each) => [JSON.stringify(each), each])).values()];
}
