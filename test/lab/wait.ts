import { setTimeout as sleep } from 'node:timers/promises';

export interface WaitOptions {
  /** What is waited for, as the error's words. */
  readonly what: string;
  /** Milliseconds; 60,000 unless given. */
  readonly timeout?: number;
  /** Milliseconds between two looks; 50 unless given. */
  readonly every?: number;
}

/**
 * Looks again and again until `look` gives something else than `undefined` or `false`.
 * @throws when the time is up, with the last error of `look` as its cause.
 */
export async function waitFor<T>(
  look: () => Promise<T | undefined | false> | T | undefined | false,
  { what, timeout = 60_000, every = 50 }: WaitOptions,
): Promise<T> {
  const end = performance.now() + timeout;
  let cause: unknown;
  do {
    try {
      const seen = await look();
      if (seen !== undefined && seen !== false) return seen;
      cause = undefined;
    } catch (error) {
      cause = error;
    }
    await sleep(every);
  } while (performance.now() < end);
  throw new Error(`waited ${timeout} ms in vain for ${what}`, { cause });
}
