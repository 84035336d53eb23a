import { programPath } from '../artifacts/paths.ts';
import { Unquotable } from '../codec/unquotable.ts';
import type { DesiredServer } from '../model/desired.ts';
import type { Facts } from '../model/observed.ts';
import type { HostPlan, Refusal } from '../model/plan.ts';
import { capacityRefusals, diskRefusals } from './capacity.ts';
import { planCertificates } from './certificates.ts';
import { type FoundServer, findServices } from './found-services.ts';
import { planFragments } from './fragments.ts';
import { planNginx } from './nginx.ts';
import { serviceNotes } from './notes.ts';
import { planPackages } from './packages.ts';
import { join, type Part, part } from './part.ts';
import {
  interruptionRefusals,
  nameRefusals,
  portRefusals,
  slotRefusals,
  transportRefusals,
} from './safety.ts';
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
import { planServerUnit, planUnitFile } from './units.ts';
import { type View, viewOf } from './view.ts';
import { wantedServices } from './wanted-services.ts';

/** One host's plan. What cannot be known, or cannot be written, refuses it; then it has no steps. */
export function planHost(server: DesiredServer, facts: Facts | undefined, observeScript: string): HostPlan {
  const outcome = concludeHost(server, facts, observeScript);
  const { changes, steps, refusals, notes } = outcome;
  const blocked = refusals.some(({ consent }) => consent === undefined);
  return {
    host: server.host.name,
    tunnel: server.tunnel,
    changes,
    steps: blocked ? [] : steps,
    refusals: unique(refusals),
    notes: [...new Set(notes)],
  };
}

function concludeHost(server: DesiredServer, facts: Facts | undefined, observeScript: string): Part {
  if (facts === undefined) return part({ refusals: [notObserved(server.host.name)] });
  const view = viewOf(facts);
  if (isRefused(view)) return part({ refusals: view });
  if (!view.root) return part({ refusals: [notRoot(server.host.name)] });
  const unsupported = transportRefusals(server);
  if (unsupported.length > 0) return part({ refusals: unsupported });
  const sha256 = programHash(server, view.architecture);
  if (sha256 === undefined) return part({ refusals: [noProgram(server, view.architecture)] });
  const found = findServices(view);
  if (isRefused(found)) return part({ refusals: found });
  try {
    return planKnownHost({ view, server, found, sha256, observeScript });
  } catch (error) {
    if (error instanceof Unquotable) return part({ refusals: [unquotable(error)] });
    throw error;
  }
}

interface KnownHost {
  readonly view: View;
  readonly server: DesiredServer;
  readonly found: FoundServer;
  readonly sha256: string;
  readonly observeScript: string;
}

/**
 * All parts in the order of their steps, so that each prefix is safe: rathole knows a service before nginx sends
 * visitors to it, and nothing starts before its files are there.
 */
function planKnownHost({ view, server, found, sha256, observeScript }: KnownHost): Part {
  const services = wantedServices(server, found);
  const stream = streamServices(server, services);
  const certificates = planCertificates(view, server);
  const unitFile = planUnitFile(view, server, sha256);
  const program = programPath(server.rathole.version, sha256);
  const task = { stream, gone: givenUp(found.services, stream), renewed: certificates.steps.length > 0 };
  const plan = join([
    planPackages(view),
    planUser(view),
    planDirectories(view, server),
    planSalt(view),
    planProgram(view, server, sha256),
    planObserveScript(view, observeScript),
    planSysctls(view),
    planFragments(view, server, services),
    planServerToml(view, server, found, services),
    unitFile,
    planServerUnit(view, server, program, unitFile),
    certificates,
    planNginx(view, server, task),
    part({ notes: serviceNotes(found, services) }),
  ]);
  const refusals = [
    ...portRefusals(view, server, services, stream),
    ...slotRefusals(services),
    ...nameRefusals(services),
    ...capacityRefusals(view, server, services),
    ...diskRefusals(view, plan.steps),
    ...interruptionRefusals(server, plan.steps),
  ];
  return join([plan, part({ refusals })]);
}

function isRefused<T extends object>(value: T | readonly Refusal[]): value is readonly Refusal[] {
  return Array.isArray(value);
}

function programHash({ rathole: { sha256 } }: DesiredServer, architecture: string): string | undefined {
  return typeof sha256 === 'string' ? sha256 : sha256[architecture];
}

function notObserved(host: string): Refusal {
  return {
    rule: 'not-observed',
    message: `${host} was not observed`,
    remedy: 'Make it reachable and plan again.',
  };
}

function notRoot(host: string): Refusal {
  const remedy = 'Log in as root, or set ansible_become and allow `sudo -n`.';
  return { rule: 'not-root', message: `${host} was not observed as root`, remedy };
}

function noProgram({ rathole }: DesiredServer, architecture: string): Refusal {
  const message = `there is no pinned hash of rathole ${rathole.version} for ${architecture}`;
  return { rule: 'no-program', message, remedy: `Add ${architecture} to the playbook's rathole.sha256.` };
}

function unquotable(error: Unquotable): Refusal {
  return { rule: 'unquotable', message: error.message, remedy: 'Use another value in the playbook.' };
}

function unique(refusals: readonly Refusal[]): readonly Refusal[] {
  return [...new Map(refusals.map((each) => [JSON.stringify(each), each])).values()];
}
