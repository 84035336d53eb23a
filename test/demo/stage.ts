import type { Ran } from '../lab/run.ts';

/** Prints the demo: what happens now, what a command said, and how long it all takes. */
export class Stage {
  readonly #begun = performance.now();

  say(text: string): void {
    process.stdout.write(`\n=== ${this.#seconds()} s  ${text}\n`);
  }

  show(title: string, text: string): void {
    process.stdout.write(`\n$ ${title}\n${text}`);
  }

  /** @throws unless the command ended with the expected status: a demo that goes on after a failure shows nothing. */
  command(
    title: string,
    ran: Ran,
    status: number,
    part: (ran: Ran) => string = ({ stdout }) => stdout,
  ): void {
    if (ran.code !== status)
      throw new Error(`${title}: exit status ${ran.code}\n${ran.stdout}\n${ran.stderr}`);
    this.show(title, part(ran));
    process.stdout.write(`(exit status ${status})\n`);
  }

  #seconds(): string {
    return ((performance.now() - this.#begun) / 1000).toFixed(1).padStart(5);
  }
}
