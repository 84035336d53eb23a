/** How long to wait between tries: each wait is `factor` times the last, up to `maxMs`, plus or minus `jitter` of it. */
export interface BackoffShape {
  readonly factor: number;
  readonly jitter: number;
  readonly maxMs: number;
  /** Give up once this much time has passed in all. */
  readonly giveUpMs?: number;
}

const FIRST_MS = 500;

/** Waits of one series of tries. The first is 500 ms, even where `maxMs` is less: that is how rathole's library counts. */
export class Backoff {
  readonly #shape: BackoffShape;
  readonly #since = Date.now();
  #currentMs = FIRST_MS;

  constructor(shape: BackoffShape) {
    this.#shape = shape;
  }

  reset(): void {
    this.#currentMs = FIRST_MS;
  }

  /** Milliseconds to wait now, or undefined when it is time to give up. */
  next(): number | undefined {
    const { factor, jitter, maxMs, giveUpMs } = this.#shape;
    const wait = this.#currentMs * (1 + jitter * (2 * Math.random() - 1));
    this.#currentMs = Math.min(maxMs, this.#currentMs * factor);
    const late = giveUpMs !== undefined && Date.now() - this.#since + wait > giveUpMs;
    return late ? undefined : wait;
  }
}

/** A client's control channel: 500 ms, times 3, up to the service's retry interval. */
export const controlBackoff = (retrySeconds: number): Backoff =>
  new Backoff({ factor: 3, jitter: 0.2, maxMs: retrySeconds * 1000 });

/** A server's service address that cannot be bound. */
export const listenBackoff = (): Backoff => new Backoff({ factor: 1.5, jitter: 0.5, maxMs: 1000 });

/** A client's data channel that cannot connect. */
export const dataBackoff = (): Backoff =>
  new Backoff({ factor: 1.5, jitter: 0.5, maxMs: 100, giveUpMs: 10_000 });
