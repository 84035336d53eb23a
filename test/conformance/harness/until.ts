import { setTimeout as sleep } from 'node:timers/promises';

/** Milliseconds between two looks. */
const PAUSE = { least: 4, most: 50 };
/** As a multiple of what a look took: to read the kernel's tables costs milliseconds. */
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
    const pause = PAUSE_PER_LOOK * (performance.now() - look);
    await sleep(Math.min(PAUSE.most, Math.max(PAUSE.least, pause)));
  }
  return performance.now() - start;
}
