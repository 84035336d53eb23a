import { type Address, type Outcome, visit } from './visit.ts';

export interface TrainReport {
  readonly total: number;
  readonly failed: number;
  /** Longest time between the starts of two successful visits, in ms. */
  readonly longestGap: number;
  /** Longest time until a visit had its answer or had failed, in ms. */
  readonly slowest: number;
}

/** Visits at a steady rate until stopped, each with a connection of its own. */
export class Train {
  readonly #to: Address;
  readonly #everyMs: number;
  #timer: NodeJS.Timeout;
  #tellServed = (): void => {};
  /** Settles once a visitor had an answer: a gap is between two who had one. */
  readonly served = new Promise<void>((resolve) => {
    this.#tellServed = resolve;
  });
  readonly #visits: { readonly at: number; readonly visit: Promise<{ outcome: Outcome; ms: number }> }[] = [];

  constructor(to: Address, everyMs = 20) {
    this.#to = to;
    this.#everyMs = everyMs;
    this.#timer = this.#run();
  }

  #run(): NodeJS.Timeout {
    this.#depart();
    return setInterval(() => this.#depart(), this.#everyMs);
  }

  /** Nobody comes until this is over, and those who are there have gone before it begins. */
  async pausedFor(what: () => Promise<void>): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#visits.map(({ visit }) => visit));
    await what();
    this.#timer = this.#run();
  }

  async stop(): Promise<TrainReport> {
    clearInterval(this.#timer);
    const done = await Promise.all(this.#visits.map(async ({ at, visit }) => ({ at, ...(await visit) })));
    const good = done.filter(({ outcome }) => outcome === 'ok').map(({ at }) => at);
    const gaps = good.slice(1).map((at, index) => at - (good[index] ?? at));
    return {
      total: done.length,
      failed: done.length - good.length,
      longestGap: good.length < 2 ? Number.POSITIVE_INFINITY : Math.max(...gaps),
      slowest: Math.max(...done.map(({ ms }) => ms)),
    };
  }

  #depart(): void {
    const at = performance.now();
    const timed = visit(this.#to).then((outcome) => {
      if (outcome === 'ok') this.#tellServed();
      return { outcome, ms: performance.now() - at };
    });
    this.#visits.push({ at, visit: timed });
  }
}
