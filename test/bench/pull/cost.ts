import type { Host } from '../../lab/host.ts';

/** What nginx has used by now. */
interface Usage {
  /** Seconds of user and system time of its workers. */
  readonly cpu: number;
  /** MB that its processes have for themselves, and their share of what they have in common. */
  readonly memory: number;
}

const ALL = 'for pid in $(pgrep -x nginx); do';

async function usage(host: Host): Promise<Usage> {
  const said = await host.must(
    `getconf CLK_TCK; ${ALL} sed 's/.*) //' /proc/$pid/stat | cut -d ' ' -f 12,13; done | awk '{ t += $1 + $2 } END { print t }'
    ${ALL} cat /proc/$pid/smaps_rollup; done | awk '/^Pss:/ { k += $2 } END { print k }'`,
  );
  const [ticks = 0, used = 0, kilobytes = 0] = said.trim().split('\n').map(Number);
  return { cpu: used / ticks, memory: kilobytes / 1024 };
}

/** What nginx used for some work, and what came of that. */
export interface Cost<T> extends Usage {
  readonly of: T;
}

export async function costOf<T>(host: Host, work: () => Promise<T>): Promise<Cost<T>> {
  const before = await usage(host);
  const of = await work();
  const after = await usage(host);
  return { of, cpu: after.cpu - before.cpu, memory: after.memory };
}
