import type { Unseen } from '../execute/observe.ts';
import type { Host } from '../execute/ports.ts';
import type { Desired } from '../model/desired.ts';
import type { ErrorCode } from '../model/errors.ts';
import type { Observed } from '../model/observed.ts';
import type { Plan } from '../model/plan.ts';
import { printable } from '../render/printable.ts';

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
): Promise<T> {
  const [{ loadDesired }, { Connections }, { survey }, { hostOpener }] = await Promise.all([
    import('./desired.ts'),
    import('../execute/connections.ts'),
    import('../execute/observe.ts'),
    import('./wire.ts'),
  ]);
  const desired = await loadDesired(subject.inventory, subject.playbooks, subject.limit);
  const hosts = desired.servers.map((server) => server.host);
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

/** The same with the plan. */
export async function withPlan<T>(subject: Subject, work: (planning: Planning) => Promise<T>): Promise<T> {
  const [{ observe }, { observeScript }] = await Promise.all([
    import('../execute/observe.ts'),
    import('../facts/index.ts'),
  ]);
  const planner = () => import('../planner/index.ts');
  const withSeen = async ({ desired, observed, unseen, connect }: Sight) => {
    const { plan } = await planner();
    const planFor = (wanted: (host: string) => boolean, seen: readonly Observed[]) =>
      plan(only(desired, wanted), seen, observeScript);
    const replan = async (host: string) =>
      planFor((name) => name === host, [await observe(await connect(host))]);
    const seen = new Set(observed.map((observation) => observation.host));
    return work({ desired, plan: planFor((name) => seen.has(name), observed), unseen, connect, replan });
  };
  return withSight(subject, withSeen, planner);
}

function only(desired: Desired, wanted: (host: string) => boolean): Desired {
  return { ...desired, servers: desired.servers.filter(({ host }) => wanted(host.name)) };
}

/** Says which hosts could not be seen, and why; empty when all could. */
export function unseenText(unseen: readonly Unseen[]): string {
  return unseen
    .map(({ host, error }) => printable(`${named(host, error.message)}\n  mend: ${error.remedy}\n`))
    .join('');
}

/** What happened on the host itself begins with its name already. */
const named = (host: string, message: string) =>
  message.startsWith(`${host}: `) ? message : `${host}: ${message}`;

/** The exit status for hosts that could not be seen, if any. */
export function unseenCode(unseen: readonly Unseen[]): ErrorCode | undefined {
  if (unseen.length === 0) return undefined;
  const isOnly = (...codes: readonly ErrorCode[]) => unseen.every(({ error }) => codes.includes(error.code));
  if (isOnly('unreachable')) return 'unreachable';
  return isOnly('unreachable', 'invalid') ? 'invalid' : 'failed';
}
