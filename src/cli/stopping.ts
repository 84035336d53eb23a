const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/**
 * Runs `work` so that the first Ctrl-C asks it to stop, and a second one leaves at once. What runs on hosts is not
 * ours to break off: a transaction comes to its end there either way.
 */
export async function stoppable<T>(
  work: (stop: AbortSignal) => Promise<T>,
  stop: AbortController,
  onStop: () => void,
  leave: () => never,
): Promise<T> {
  const onSignal = () => {
    if (stop.signal.aborted) leave();
    stop.abort();
    onStop();
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  try {
    return await work(stop.signal);
  } finally {
    for (const signal of SIGNALS) process.off(signal, onSignal);
  }
}
