const SIGNALS = ['SIGINT', 'SIGTERM'] as const;

/**
 * Runs `work` so that the first Ctrl-C asks it to stop, by `stop`, and a second one leaves at once. What runs on hosts is not
 * ours to break off: a transaction comes to its end there either way.
 */
export async function stoppable<T>(
  work: () => Promise<T>,
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
    return await work();
  } finally {
    for (const signal of SIGNALS) process.off(signal, onSignal);
  }
}
