/** Node's timers take a longer wait than these 24 days for one of 1 ms. */
const LONGEST_MS = 2 ** 31 - 1;

/** Seconds from the config, as milliseconds for a timer. */
export const timerMs = (seconds: number): number => Math.min(seconds * 1000, LONGEST_MS);
