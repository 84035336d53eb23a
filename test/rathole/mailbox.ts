/** A queue between one or more senders and one receiver, either of which may go away first. */
export class Mailbox<T> {
  readonly #items: T[] = [];
  #waiting: ((item: T | undefined) => void) | undefined;
  #closed = false;

  /** Hands over `item`; false when nobody will ever take it. */
  push(item: T): boolean {
    if (this.#closed) return false;
    if (this.#waiting === undefined) this.#items.push(item);
    else this.#answer(item);
    return true;
  }

  /** Like push, but ahead of everything that waits. */
  pushFirst(item: T): boolean {
    if (this.#closed) return false;
    if (this.#waiting === undefined) this.#items.unshift(item);
    else this.#answer(item);
    return true;
  }

  /** The next item, or undefined once the mailbox is closed and empty. One taker at a time. */
  take(): Promise<T | undefined> {
    if (this.#items.length > 0) return Promise.resolve(this.#items.shift());
    if (this.#closed) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      this.#waiting = resolve;
    });
  }

  /** The senders are gone: what waits can still be taken. */
  close(): void {
    this.#closed = true;
    this.#answer(undefined);
  }

  /** The receiver is gone: nothing is accepted any more; returns what was never taken. */
  refuse(): readonly T[] {
    this.close();
    return this.#items.splice(0);
  }

  #answer(item: T | undefined): void {
    const resolve = this.#waiting;
    this.#waiting = undefined;
    resolve?.(item);
  }
}
