import type { Outcome } from '../execute/events.ts';
import type { Waiting } from '../execute/wait.ts';
import { type ErrorCode, type ExitCode, ReconcileError } from '../model/errors.ts';
import { type Consent, type Digest, isStuck } from '../model/plan.ts';
import { endOf } from './end-of.ts';
import type { Planning } from './planning.ts';

/** How a plan is carried out, as the command line says it. */
export interface Manner {
  readonly allow: readonly Consent[];
  /** Carry out only the plan of this digest; then nothing is asked. */
  readonly expected?: Digest | undefined;
  readonly yes: boolean;
  /** Wait for the rotations that are on their way; undefined: at a terminal. */
  readonly wait?: boolean;
  readonly forks: number;
  /** What to do where nobody can be asked. */
  readonly unasked: string;
}

/** Shows a plan, asks, carries it out, and waits for rotations where that is wanted. */
export async function carryOut(planning: Planning, manner: Manner): Promise<ExitCode> {
  const [{ approve }, { renderPlan }, { unseenText, unseenCode }] = await Promise.all([
    import('../execute/approve.ts'),
    import('./render-plan.ts'),
    import('./planning.ts'),
  ]);
  const { plan, unseen } = planning;
  process.stdout.write(await renderPlan(planning, 'text'));
  process.stderr.write(unseenText(unseen));
  const unseenAs = unseenCode(unseen);
  if (unseenAs !== undefined && manner.expected !== undefined && manner.expected !== plan.digest)
    throw incomplete(unseenAs);
  const approved = approve(plan, new Set(manner.allow), manner.expected);
  const acts = plan.hosts.some(({ steps }) => steps.length > 0);
  if (acts && manner.expected === undefined && !manner.yes) {
    const { agreed } = await import('./confirm.ts');
    if (!(await agreed(plan, manner.unasked))) {
      process.stderr.write('not agreed to: nothing was done\n');
      return 'refused';
    }
  }
  const { execute, waitFor } = await import('./execute.ts');
  const stopping = new AbortController();
  const outcomes = acts ? await execute(approved, planning, manner.forks, stopping) : [];
  const waiting = (manner.wait ?? process.stdout.isTTY) ? waitingFor(planning, outcomes) : [];
  const waited = waiting.length > 0 ? await waitFor(waiting, planning, manner.forks, stopping) : [];
  return endOf(plan, outcomes, waited, unseenAs);
}

/** Another digest says nothing while a host is missing. */
const incomplete = (code: ErrorCode) =>
  new ReconcileError(
    code,
    'hosts could not be looked at, so this cannot be the expected plan; nothing was done',
    'see above what each of them lacks, then apply again',
  );

/** Beyond the grace: the timer's pace, and a straggler's last poll. */
const PATIENCE = 30;

/** What is on its way: as the host has just said, or else as the plan does. */
function waitingFor({ plan, desired }: Planning, outcomes: readonly Outcome[]): readonly Waiting[] {
  return plan.hosts.flatMap(({ host, rotations }) => {
    const outcome = outcomes.find((each) => each.host === host);
    if (outcome !== undefined && outcome.status !== 'changed' && outcome.status !== 'unchanged') return [];
    const said = outcome?.rotations ?? [];
    const reported = new Set(said.map(({ service }) => service));
    const moving = [
      ...said.filter(({ next }) => next !== 0),
      ...rotations.filter((each) => each.finalizeAt !== 0 && !isStuck(each) && !reported.has(each.service)),
    ];
    const services = [...new Set(moving.map(({ service }) => service))].sort();
    const grace = desired.servers.find((server) => server.host.name === host)?.rotation.grace ?? 0;
    return services.length === 0 ? [] : [{ host, services, seconds: grace + PATIENCE }];
  });
}
