import type { Place, Snippet } from '../model/finding.ts';
import { maskSecrets } from './mask.ts';

/** Offsets in a text, the end exclusive. */
export interface Range {
  readonly start: number;
  readonly end: number;
}

/** At most so much of a line is shown: a file may be one line of megabytes. */
const SNIPPET_LENGTH = 120;
/** How much of a long line is shown before the marked part. */
const SNIPPET_LEAD = 40;

/** A secret's key is looked for so far before what is shown. */
const MASK_LEAD = 1000;

/** One file's text, which turns offsets into places for people. */
export class Source {
  readonly path: string;
  readonly text: string;
  readonly #lineStarts: number[] = [0];

  constructor(path: string, text: string) {
    this.path = path;
    this.text = text;
    for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) this.#lineStarts.push(at + 1);
  }

  place(range: Range): Place {
    const start = this.#clamp(range.start);
    const end = Math.max(start, this.#clamp(range.end));
    const [from, to] = [this.#lineOf(start), this.#lineOf(end)];
    return {
      file: this.path,
      line: from + 1,
      column: start - this.#startOf(from) + 1,
      endLine: to + 1,
      endColumn: end - this.#startOf(to) + 1,
    };
  }

  /** The first line of a range, clipped around its start; undefined where the line is empty. */
  snippet(range: Range): Snippet | undefined {
    const start = this.#clamp(range.start);
    const line = this.#lineOf(start);
    const lineStart = this.#startOf(line);
    const from = start - lineStart > SNIPPET_LENGTH - SNIPPET_LEAD ? start - SNIPPET_LEAD : lineStart;
    const lineEnd = this.#lineStarts[line + 1] ?? this.text.length;
    const to = Math.min(lineEnd, from + SNIPPET_LENGTH);
    // The key of a secret may stand before the clipped part, so masking starts earlier.
    const early = Math.max(lineStart, from - MASK_LEAD);
    const text = maskSecrets(this.text.slice(early, to))
      .slice(from - early)
      .trimEnd();
    const marked = Math.min(range.end, from + text.length) - start;
    return text === ''
      ? undefined
      : { text, start: Math.min(start - from, text.length), length: Math.max(1, marked) };
  }

  #clamp(offset: number): number {
    return Math.min(Math.max(0, offset), this.text.length);
  }

  #startOf(line: number): number {
    return this.#lineStarts[line] ?? 0;
  }

  /** The index of the last line that starts at or before an offset. */
  #lineOf(offset: number): number {
    let [low, high] = [0, this.#lineStarts.length - 1];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#startOf(middle) <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  }
}
