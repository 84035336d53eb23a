import { setTimeout as sleep } from 'node:timers/promises';

/** Waits until `condition` holds; rejects after `ms` with what was waited for. Gives the milliseconds it took. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  ms: number,
  what: () => string,
): Promise<number> {
  const start = performance.now();
  while (!(await condition())) {
    if (performance.now() - start > ms) throw new Error(`not within ${ms} ms: ${what()}`);
    await sleep(4);
  }
  return performance.now() - start;
}
