import type { Unseen } from '../execute/observe.ts';
import type { Host } from '../execute/ports.ts';
import type { Desired, DesiredHost } from '../model/desired.ts';
import type { ErrorCode } from '../model/errors.ts';
import type { Observed } from '../model/observed.ts';
import type { Plan } from '../model/plan.ts';
import { printable } from '../render/printable.ts';
import type { Reach } from './desired.ts';

/** What a run is about, as the command line says it. */
export interface Subject {
  readonly inventory: string;
  readonly playbooks: readonly string[];
  readonly limit?: string;
  readonly forks: number;
  readonly sshConfig?: string;
}

/** A plan of what is wanted and what was seen, with the connections still open. */
export interface Planning {
  readonly desired: Desired;
  /** For the hosts that could be seen. */
  readonly plan: Plan;
  readonly unseen: readonly Unseen[];
  readonly connect: (host: string) => Promise<Host>;
  /** Undefined where a second look would show nothing new. */
  readonly replan?: (host: string) => Promise<Plan>;
}

/** What is wanted and what was seen, with the connections still open. */
export interface Sight extends Pick<Planning, 'desired' | 'unseen' | 'connect'> {
  readonly observed: readonly Observed[];
}

/**
 * Reads the files, looks at the hosts, and gives both to `work`; closes the connections after it.
 *
 * @param preload loads what `work` needs in the time that the first host takes to answer
 */
export async function withSight<T>(
  subject: Subject,
  work: (sight: Sight) => Promise<T>,
  preload: () => Promise<unknown> = async () => undefined,
  reach: Reach = 'servers',
): Promise<T> {
  const [{ loadDesired }, { Connections }, { survey }, { hostOpener }] = await Promise.all([
    import('./desired.ts'),
    import('../execute/connections.ts'),
    import('../execute/observe.ts'),
    import('./wire.ts'),
  ]);
  const desired = await loadDesired(subject.inventory, subject.playbooks, subject.limit, reach);
  const hosts = hostsOf(desired);
  const { connect, close } = new Connections(hosts, hostOpener(subject.sshConfig));
  try {
    const names = hosts.map((host) => host.name);
    const [{ observed, unseen }] = await Promise.all([
      survey(names, connect, subject.forks),
      Promise.allSettled(names.slice(0, 1).map(connect)).then(preload),
    ]);
    return await work({ desired, observed, unseen, connect });
  } finally {
    await close();
  }
}

/** A client's plan follows from its servers too, also those that a limit leaves out. */
function hostsOf({ servers, clientHosts }: Desired): readonly DesiredHost[] {
  const joined = clientHosts.flatMap((client) => [client.host, ...client.servers.map(({ host }) => host)]);
  const all = [...servers.map(({ host }) => host), ...joined];
  return [...new Map(all.map((host) => [host.name, host])).values()];
}

/** The same with the plan. */
export async function withPlan<T>(subject: Subject, work: (planning: Planning) => Promise<T>): Promise<T> {
  const [{ observe }, { observeScript }] = await Promise.all([
    import('../execute/observe.ts'),
    import('../facts/index.ts'),
  ]);
  const planner = () => import('../planner/index.ts');
  const withSeen = async ({ desired, observed, unseen, connect }: Sight) => {
    const { plan } = await planner();
    const seen = new Map(observed.map((observation) => [observation.host, observation]));
    const planFor = (wanted: (host: string) => boolean) =>
      plan(only(desired, wanted), [...seen.values()], observeScript);
    // What was seen last of a client's servers is what they are by now: they were done before it.
    const replan = async (host: string) => {
      seen.set(host, await observe(await connect(host)));
      return planFor((name) => name === host);
    };
    return work({ desired, plan: planFor((name) => seen.has(name)), unseen, connect, replan });
  };
  return withSight(subject, withSeen, planner, 'all');
}

function only(desired: Desired, wanted: (host: string) => boolean): Desired {
  const isWanted = ({ host }: { readonly host: DesiredHost }) => wanted(host.name);
  return {
    ...desired,
    servers: desired.servers.filter(isWanted),
    clientHosts: desired.clientHosts.filter(isWanted),
  };
}

/** Says which hosts could not be seen, and why; empty when all could. */
export function unseenText(unseen: readonly Unseen[]): string {
  return unseen
    .map(({ host, error }) => printable(`${host}: ${error.message}\n  mend: ${error.remedy}\n`))
    .join('');
}

/** The exit status for hosts that could not be seen, if any. */
export function unseenCode(unseen: readonly Unseen[]): ErrorCode | undefined {
  if (unseen.length === 0) return undefined;
  const isOnly = (...codes: readonly ErrorCode[]) => unseen.every(({ error }) => codes.includes(error.code));
  if (isOnly('unreachable')) return 'unreachable';
  return isOnly('unreachable', 'invalid') ? 'invalid' : 'failed';
}
