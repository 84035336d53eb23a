import { setTimeout as sleep } from 'node:timers/promises';

/** Milliseconds between two looks, and how much longer than a look: the kernel's tables cost milliseconds to read. */
const PAUSE = 4;
const PAUSE_PER_LOOK = 4;

/** Waits until `condition` holds; rejects after `ms` with what was waited for. Gives the milliseconds it took. */
export async function until(
  condition: () => boolean | Promise<boolean>,
  ms: number,
  what: () => string,
): Promise<number> {
  const start = performance.now();
  for (let look = start; !(await condition()); look = performance.now()) {
    if (performance.now() - start > ms) throw new Error(`not within ${ms} ms: ${what()}`);
    await sleep(Math.max(PAUSE, PAUSE_PER_LOOK * (performance.now() - look)));
  }
  return performance.now() - start;
}
