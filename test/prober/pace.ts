/** The run's time: probes start until it stops, and what is under way then may still end. */
export class Run {
  readonly begin = performance.now();
  /** Set by `stop`. */
  end = Number.POSITIVE_INFINITY;
  readonly #stopped: Promise<void>;
  #resolve: () => void = () => undefined;

  constructor(seconds: number) {
    this.#stopped = new Promise((resolve) => {
      this.#resolve = resolve;
    });
    setTimeout(() => this.stop(), seconds * 1000).unref();
  }

  stop(): void {
    this.end = Math.min(this.end, performance.now());
    this.#resolve();
  }

  get stopped(): Promise<void> {
    return this.#stopped;
  }

  /** Milliseconds since the begin. */
  now(): number {
    return performance.now() - this.begin;
  }

  /**
   * Calls `probe` at a steady rate, whatever becomes of earlier ones: a slow answer must not thin out the probes
   * that would have seen the outage. The first one begins before this returns.
   */
  async pace(every: number, probe: () => void, count = Number.POSITIVE_INFINITY): Promise<void> {
    for (let n = 0; n < count; n += 1) {
      if (n > 0) await this.#until(this.begin + n * every);
      if (this.end !== Number.POSITIVE_INFINITY) return;
      probe();
    }
  }

  async #until(time: number): Promise<void> {
    const left = time - performance.now();
    let timer: NodeJS.Timeout | undefined;
    const due = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, Math.max(0, left));
    });
    await Promise.race([due, this.#stopped]);
    clearTimeout(timer);
  }
}
