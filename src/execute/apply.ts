import { ReconcileError } from '../model/errors.ts';
import type { HostPlan, Plan } from '../model/plan.ts';
import type { Step } from '../model/step.ts';
import type { ApprovedPlan } from './approve.ts';
import type { Outcome, OutcomeStatus } from './events.ts';
import { pooled } from './pool.ts';
import type { Ports } from './ports.ts';
import type { TransactionEnd } from './protocol.ts';
import { runTransaction } from './run-transaction.ts';
import { nameOf } from './script/handlers.ts';

/**
 * Runs an approved plan, hosts side by side. Never throws for what happens on a host: each gives its outcome, and
 * none stops or delays another; only a client waits for the servers that it joins.
 */
export async function apply(plan: ApprovedPlan, ports: Ports): Promise<readonly Outcome[]> {
  const ended = new Map<string, Promise<Outcome>>();
  // Servers come first, so that whoever waits for one never keeps it from its turn.
  return pooled(plan.hosts, ports.forks, (hostPlan) => {
    const outcome = begun(hostPlan, ended, ports);
    ended.set(hostPlan.host, outcome);
    return outcome;
  });
}

async function begun(
  hostPlan: HostPlan,
  ended: ReadonlyMap<string, Promise<Outcome>>,
  ports: Ports,
): Promise<Outcome> {
  const { host, joins = [], steps } = hostPlan;
  const servers =
    steps.length === 0 ? [] : await Promise.all(joins.flatMap((each) => ended.get(each.host) ?? []));
  const failed = servers.filter(({ status }) => !GOES_ON.includes(status));
  const names = failed.map((each) => each.host).join(', ');
  const outcome =
    failed.length === 0
      ? await settled(hostPlan, ports)
      : outcomeOf(
          host,
          'held',
          [`left alone: it joins ${names}, which did not succeed`],
          `mend ${names}, then apply again`,
        );
  ports.report({ kind: 'host-ended', outcome });
  return outcome;
}

/** How a server may end for its clients to go on: what it has for them is there. A stopped run stops them by itself. */
const GOES_ON: readonly OutcomeStatus[] = ['unchanged', 'changed', 'not-converged', 'stopped'];

async function settled(hostPlan: HostPlan, ports: Ports): Promise<Outcome> {
  const { host, steps } = hostPlan;
  if (steps.length === 0) return outcomeOf(host, 'unchanged');
  if (ports.stop.aborted)
    return outcomeOf(host, 'stopped', ['not begun: the run was stopped'], 'apply again');
  try {
    ports.report({ kind: 'host-begun', host, steps: steps.map(nameOf) });
    const ran = await acted(hostPlan, ports);
    return 'status' in ran ? ran : { ...(await verified(host, ports)), rotations: ran.rotations };
  } catch (error) {
    return failed(host, error);
  }
}

/** Gives the outcome when the transaction did not succeed, else what it said of rotations. */
async function acted(hostPlan: HostPlan, ports: Ports): Promise<Outcome | Pick<Outcome, 'rotations'>> {
  const { host, steps } = hostPlan;
  const { transcript, lost } = await runTransaction(hostPlan, ports);
  if (transcript.end === 'ok') return { rotations: transcript.rotations };
  if (transcript.end === undefined) return cutOff(host, transcript.step, steps, lost);
  const step = transcript.failedStep ?? transcript.step;
  return outcomeOf(
    host,
    'failed',
    [`${stepName(steps, step)} failed; ${remains(transcript.end, step)}`, ...transcript.reasons],
    'mend the cause, then plan again',
  );
}

function remains(end: TransactionEnd, step: number): string {
  if (end === 'stuck') return 'not everything could be taken back';
  if (end === 'kept') return 'what was done before it stays';
  return step === 0 ? 'nothing was done' : 'what was done before it was taken back';
}

function cutOff(host: string, step: number, steps: readonly Step[], lost: string): Outcome {
  return outcomeOf(
    host,
    'unknown',
    [`not heard of since ${stepName(steps, step)}: ${lost}`],
    'the transaction comes to its end or backs out by itself; plan again to see which',
  );
}

/** Observes again: what runs decides, not what the steps said. */
async function verified(host: string, ports: Ports): Promise<Outcome> {
  if (ports.replan === undefined) return outcomeOf(host, 'changed');
  ports.report({ kind: 'verifying', host });
  let plan: Plan;
  try {
    plan = await ports.replan(host);
  } catch (error) {
    return outcomeOf(
      host,
      'unknown',
      [`done, but not seen to be in effect: ${message(error)}`],
      'plan again',
    );
  }
  const left = plan.hosts.flatMap(remaining);
  return left.length === 0
    ? outcomeOf(host, 'changed')
    : outcomeOf(host, 'not-converged', ['every step succeeded, but this is left:', ...left], 'plan again');
}

function remaining({ changes, steps, refusals }: HostPlan): string[] {
  return [
    ...changes.map(({ target, cause }) => `${target}: ${cause}`),
    ...(changes.length === 0 ? steps.filter(({ due }) => due !== true).map(nameOf) : []),
    ...refusals.map((refusal) => `refused: ${refusal.message}`),
  ];
}

const stepName = (steps: readonly Step[], step: number) => {
  const found = steps[step - 1];
  return found === undefined ? 'the check before the first step' : `step ${step} (${nameOf(found)})`;
};

function failed(host: string, error: unknown): Outcome {
  const unreachable = error instanceof ReconcileError && error.code === 'unreachable';
  const remedy =
    error instanceof ReconcileError ? error.remedy : 'this is a bug in reconcile: please report it';
  return outcomeOf(host, unreachable ? 'unreachable' : 'failed', [message(error)], remedy);
}

const message = (error: unknown) => (error instanceof Error ? error.message : String(error));

function outcomeOf(
  host: string,
  status: OutcomeStatus,
  reasons: readonly string[] = [],
  remedy = '',
): Outcome {
  return { host, status, reasons, remedy, rotations: [] };
}
