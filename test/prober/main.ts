import { probeConnects } from './connects.ts';
import { round } from './figures.ts';
import { probeFlows } from './flows.ts';
import { probeHolds } from './holds.ts';
import { Run } from './pace.ts';
import { BadPlan, parsePlan } from './plan.ts';
import type { Endpoint, ProbePlan, ProbeReport } from './report.ts';

/**
 * `node prober.mjs PLAN`: probes as the JSON says and prints a report as JSON. Says "probing" once every plan's first
 * probe has begun. A bad plan is said before anything is probed, with exit status 2.
 */
async function main(): Promise<void> {
  try {
    await probe(parsePlan(process.argv[2] ?? ''));
  } catch (error) {
    if (!(error instanceof BadPlan)) throw error;
    console.error(error.message);
    process.exitCode = 2;
  }
}

async function probe(plan: ProbePlan): Promise<void> {
  const run = new Run(plan.seconds);
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => run.stop());
  const reports = Promise.all([
    byName(plan.connects, (one) => probeConnects(one, run)),
    byName(plan.holds, (one) => probeHolds(one, run)),
    byName(plan.flows, (one) => probeFlows(one, run)),
  ]);
  console.error('probing');
  const [connects, holds, flows] = await reports;
  const report: ProbeReport = {
    seconds: round((Math.min(run.end, performance.now()) - run.begin) / 1000),
    connects,
    holds,
    flows,
  };
  console.log(JSON.stringify(report));
}

async function byName<P extends Endpoint, R>(
  plans: readonly P[] = [],
  probe: (plan: P) => Promise<R>,
): Promise<Record<string, R>> {
  return Object.fromEntries(
    await Promise.all(plans.map(async (plan) => [plan.name, await probe(plan)] as const)),
  );
}

await main();
