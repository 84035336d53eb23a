import { apply } from '../execute/apply.ts';
import type { ApprovedPlan } from '../execute/approve.ts';
import type { Outcome, RunEvent } from '../execute/events.ts';
import { notWaitedFor, type Waiting, waitForRotations } from '../execute/wait.ts';
import { EXIT_STATUS } from '../model/errors.ts';
import { type Progress, plainProgress, troubles } from '../render/progress/progress.ts';
import type { Planning } from './planning.ts';
import { stoppable } from './stopping.ts';
import { actor, programsFor } from './wire.ts';

/** Runs an approved plan before the operator's eyes: progress, Ctrl-C, and what went wrong at the end. */
export async function execute(
  approved: ApprovedPlan,
  { desired, connect, replan }: Planning,
  forks: number,
  stopping: AbortController,
): Promise<readonly Outcome[]> {
  const hosts = approved.hosts.filter(({ steps }) => steps.length > 0).map(({ host }) => host);
  const stop = stopping.signal;
  const [programs, who] = await Promise.all([programsFor(desired), actor()]);
  return watched(
    hosts,
    (report) =>
      apply(approved, { connect, programs, actor: who, report, forks, stop, ...(replan && { replan }) }),
    stopping,
    'stopping: running transactions come to their end, nothing new is begun (again to leave at once)',
    'left: transactions that were running come to their end on their hosts; plan again to see how',
  );
}

/** Waits for rotations in the same way; whoever leaves, or has stopped the run before, leaves them to their hosts. */
export async function waitFor(
  waiting: readonly Waiting[],
  { connect }: Pick<Planning, 'connect'>,
  forks: number,
  stopping: AbortController,
): Promise<readonly Outcome[]> {
  const stop = stopping.signal;
  if (stop.aborted) {
    const left = waiting.map(notWaitedFor);
    process.stderr.write(troubles(left));
    return left;
  }
  const who = await actor();
  return watched(
    waiting.map(({ host }) => host),
    (report) => waitForRotations(waiting, { connect, actor: who, report, forks, stop }),
    stopping,
    'not waiting any longer: the hosts go on by themselves',
    'left: the hosts go on by themselves',
  );
}

async function watched(
  hosts: readonly string[],
  run: (report: (event: RunEvent) => void) => Promise<readonly Outcome[]>,
  stopping: AbortController,
  onStop: string,
  onLeave: string,
): Promise<readonly Outcome[]> {
  const progress = await progressFor(hosts);
  const say = (text: string) => process.stderr.write(`${text}\n`);
  const leave = (): never => {
    say(onLeave);
    process.exit(EXIT_STATUS.interrupted);
  };
  const outcomes = await stoppable(
    () => run(progress.listen),
    stopping,
    () => say(onStop),
    leave,
  );
  await progress.end();
  process.stderr.write(troubles(outcomes));
  return outcomes;
}

async function progressFor(hosts: readonly string[]): Promise<Progress> {
  if (!process.stdout.isTTY) return plainProgress((text) => process.stdout.write(text));
  const { liveProgress } = await import('../render/progress/live.ts');
  return liveProgress(hosts, process.stdout);
}
