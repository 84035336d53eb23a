/**
 * Like `Promise.all`, but a failure is told only once all have ended: what goes on after it would make things that
 * nobody clears away any more.
 */
export async function together<T extends readonly unknown[]>(
  works: {
    readonly [K in keyof T]: Promise<T[K]>;
  },
): Promise<T> {
  await Promise.allSettled(works);
  return Promise.all(works) as Promise<unknown> as Promise<T>;
}
