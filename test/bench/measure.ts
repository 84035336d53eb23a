import type { Lab } from '../lab/lab.ts';

/** One command of a comparison: another folder or host each time where a run leaves something behind. */
export interface Contender {
  readonly name: string;
  /** @param round counts from 0 */
  readonly run: (round: number) => { readonly folder: string; readonly argv: readonly string[] };
}

/** What one run cost. */
interface Cost {
  /** Seconds. */
  readonly wall: number;
  /** Seconds of user and system time on the controller, children included. */
  readonly cpu: number;
  /** The same on all hosts. */
  readonly hosts: number;
  /** The controller's largest process, in MB. */
  readonly memory: number;
}

/** Each figure by itself over all runs. */
export interface Costs {
  readonly best: Cost;
  readonly median: Cost;
}

/** Runs argv[2:] in silence, and prints what it cost. */
const WRAPPER = `import json, resource, subprocess, sys, time
begun = time.monotonic()
code = subprocess.run(sys.argv[2:], cwd=sys.argv[1], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL).returncode
used = resource.getrusage(resource.RUSAGE_CHILDREN)
cost = {"wall": time.monotonic() - begun, "cpu": used.ru_utime + used.ru_stime, "memory": used.ru_maxrss / 1024}
print(json.dumps({"code": code, **cost}))`;

/** Runs all contenders in turns, so that whatever else the machine does meets them alike. @throws when one fails. */
export async function compare(
  lab: Lab,
  contenders: readonly Contender[],
  rounds: number,
): Promise<readonly Costs[]> {
  const costs = contenders.map((): Cost[] => []);
  for (let round = 0; round < rounds; round++) {
    for (const [index, contender] of contenders.entries()) {
      const { folder, argv } = contender.run(round);
      costs[index]?.push(await costOf(lab, folder, argv));
    }
  }
  return costs.map((runs) => ({ best: each(runs, 0), median: each(runs, Math.floor(runs.length / 2)) }));
}

async function costOf(lab: Lab, folder: string, argv: readonly string[]): Promise<Cost> {
  const before = hostSeconds(lab);
  const said = await lab.control.must(['python3', '-c', WRAPPER, folder, ...argv], { timeout: 180_000 });
  const { code, ...cost } = JSON.parse(said);
  if (code !== 0) throw new Error(`exit status ${code}: ${argv.join(' ')}`);
  return { ...cost, hosts: hostSeconds(lab) - before };
}

const hostSeconds = ({ hosts }: Lab) => hosts.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0);

/** The figures that stand at a place when the runs are sorted by each. */
function each(runs: readonly Cost[], place: number): Cost {
  const at = (figure: keyof Cost) =>
    runs.map((run) => run[figure]).sort((a, b) => a - b)[place] ?? Number.NaN;
  return { wall: at('wall'), cpu: at('cpu'), hosts: at('hosts'), memory: at('memory') };
}
