import type { Survey } from '../execute/observe.ts';
import type { Host } from '../execute/ports.ts';
import type { Desired } from '../model/desired.ts';
import type { ExitCode } from '../model/errors.ts';
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
  readonly unseen: Survey['unseen'];
  readonly connect: (host: string) => Promise<Host>;
  readonly replan: (host: string) => Promise<Plan>;
}

/** Reads the files, looks at the hosts, plans, and gives the plan to `work`; closes the connections after it. */
export async function withPlan<T>(subject: Subject, work: (planning: Planning) => Promise<T>): Promise<T> {
  const [{ loadDesired }, { Connections }, { survey, observe }, { plan }, { observeScript }, { hostOpener }] =
    await Promise.all([
      import('./desired.ts'),
      import('../execute/connections.ts'),
      import('../execute/observe.ts'),
      import('../planner/index.ts'),
      import('../facts/index.ts'),
      import('./wire.ts'),
    ]);
  const desired = await loadDesired(subject.inventory, subject.playbooks, subject.limit);
  const hosts = desired.servers.map((server) => server.host);
  const { connect, close } = new Connections(hosts, hostOpener(subject.sshConfig));
  try {
    const names = hosts.map((host) => host.name);
    const { observed, unseen } = await survey(names, connect, subject.forks);
    const replan = async (host: string) =>
      plan(
        only(desired, (name) => name === host),
        [await observe(await connect(host))],
        observeScript,
      );
    const seen = new Set(observed.map((observation) => observation.host));
    const first = plan(
      only(desired, (name) => seen.has(name)),
      observed,
      observeScript,
    );
    return await work({ desired, plan: first, unseen, connect, replan });
  } finally {
    await close();
  }
}

function only(desired: Desired, wanted: (host: string) => boolean): Desired {
  return { ...desired, servers: desired.servers.filter(({ host }) => wanted(host.name)) };
}

/** Says which hosts could not be seen, and why; empty when all could. */
export function unseenText(unseen: Survey['unseen']): string {
  return unseen
    .map(({ host, error }) => printable(`${host}: ${error.message}\n  mend: ${error.remedy}\n`))
    .join('');
}

/** The exit status for hosts that could not be seen, if any. */
export function unseenCode(unseen: Survey['unseen']): ExitCode | undefined {
  if (unseen.length === 0) return undefined;
  const isOnly = (...codes: readonly ExitCode[]) => unseen.every(({ error }) => codes.includes(error.code));
  if (isOnly('unreachable')) return 'unreachable';
  return isOnly('unreachable', 'invalid') ? 'invalid' : 'failed';
}
