import { apply } from '../execute/apply.ts';
import type { ApprovedPlan } from '../execute/approve.ts';
import type { Outcome } from '../execute/events.ts';
import { EXIT_STATUS } from '../model/errors.ts';
import { type Progress, plainProgress, troubles } from '../render/progress/progress.ts';
import type { Planning } from './planning.ts';
import { stoppable } from './stopping.ts';
import { programsFor } from './wire.ts';

/** Runs an approved plan before the operator's eyes: progress, Ctrl-C, and what went wrong at the end. */
export async function execute(
  approved: ApprovedPlan,
  { desired, connect, replan }: Planning,
  forks: number,
): Promise<readonly Outcome[]> {
  const hosts = approved.hosts.filter(({ steps }) => steps.length > 0).map(({ host }) => host);
  const programs = await programsFor(desired);
  const progress = await progressFor(hosts);
  const run = (stop: AbortSignal) =>
    apply(approved, { connect, replan, programs, report: progress.listen, forks, stop });
  const outcomes = await stoppable(run, (text) => process.stderr.write(text), leave);
  await progress.end();
  process.stderr.write(troubles(outcomes));
  return outcomes;
}

async function progressFor(hosts: readonly string[]): Promise<Progress> {
  if (!process.stdout.isTTY) return plainProgress((text) => process.stdout.write(text));
  const { liveProgress } = await import('../render/progress/live.ts');
  return liveProgress(hosts, process.stdout);
}

function leave(): never {
  process.stderr.write(
    'left: transactions that were running come to their end on their hosts; plan again to see how\n',
  );
  process.exit(EXIT_STATUS.interrupted);
}
