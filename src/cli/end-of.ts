import type { Outcome } from '../execute/events.ts';
import type { ExitCode } from '../model/errors.ts';
import { isStuck, type Plan } from '../model/plan.ts';
import type { RotationReport } from '../model/rotation.ts';

/**
 * What a run ends with when its hosts ended differently: a failure outweighs a host that was not reached.
 *
 * @param waited of the hosts whose rotations were waited for: their last word
 */
export function endOf(
  plan: Plan,
  outcomes: readonly Outcome[],
  waited: readonly Outcome[],
  unseen: ExitCode = 'ok',
): ExitCode {
  const all = [...outcomes, ...waited];
  const codes = [unseen, ...all.map(({ status }) => CODES[status]), attention(plan, all)];
  const order: readonly ExitCode[] = ['failed', 'invalid', 'unreachable', 'interrupted', 'attention'];
  return order.find((code) => codes.includes(code)) ?? 'ok';
}

const CODES: Readonly<Record<Outcome['status'], ExitCode>> = {
  unchanged: 'ok',
  changed: 'ok',
  failed: 'failed',
  'not-converged': 'failed',
  unknown: 'failed',
  unreachable: 'unreachable',
  rotated: 'ok',
  rotating: 'attention',
  held: 'failed',
  stopped: 'interrupted',
};

/** What is held or refused needs somebody's attention: by its host's last word, or as the plan has seen it. */
function attention({ hosts }: Plan, outcomes: readonly Outcome[]): ExitCode {
  const words = new Map<string, Pick<RotationReport, 'verdict' | 'next'>>();
  for (const { host, rotations } of [...hosts, ...outcomes])
    for (const each of rotations) words.set(`${host} ${each.service}`, each);
  const stuck = [...words.values()].some(
    (each) => isStuck(each) && !(each.verdict === 'hold' && each.next === 0),
  );
  return stuck ? 'attention' : 'ok';
}
