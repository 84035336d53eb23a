import type { Control } from '../lab/control.ts';

export interface Cost {
  /** Seconds. */
  readonly wall: number;
  /** Seconds of user and system time, children included. */
  readonly cpu: number;
  /** The largest process, in MB. */
  readonly memory: number;
}

/** Runs argv[2:] in silence, and prints what it cost. */
const WRAPPER = `import json, resource, subprocess, sys, time
begun = time.monotonic()
code = subprocess.run(sys.argv[2:], cwd=sys.argv[1], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL).returncode
used = resource.getrusage(resource.RUSAGE_CHILDREN)
cost = {"wall": time.monotonic() - begun, "cpu": used.ru_utime + used.ru_stime, "memory": used.ru_maxrss / 1024}
print(json.dumps({"code": code, **cost}))`;

/** Runs a command `times` times from outside, and gives the run with the middle wall time. @throws when one fails. */
export async function measure(
  control: Control,
  folder: string,
  argv: readonly string[],
  times: number,
): Promise<Cost> {
  const costs: Cost[] = [];
  for (let run = 0; run < times; run++) {
    const said = await control.must(['python3', '-c', WRAPPER, folder, ...argv], { timeout: 180_000 });
    const { code, ...cost } = JSON.parse(said);
    if (code !== 0) throw new Error(`exit status ${code}: ${argv.join(' ')}`);
    costs.push(cost);
  }
  costs.sort((a, b) => a.wall - b.wall);
  const middle = costs[Math.floor(costs.length / 2)];
  if (middle === undefined) throw new Error('nothing was measured');
  return middle;
}
