import { parseRotationReport } from '../codec/rotation-report.ts';
import type { RotationReport } from '../model/rotation.ts';

/** What a transaction's output says about how it went. */
export interface Transcript {
  /** The last step that was begun; 0 before the first. */
  readonly step: number;
  readonly failedStep: number | undefined;
  readonly reasons: readonly string[];
  /** What became of each service that a rotation was asked for. */
  readonly rotations: readonly RotationReport[];
  /** `undefined`: the output ended before the transaction did. */
  readonly end: TransactionEnd | undefined;
}

/**
 * `kept`: a step failed after a rotation had built on those before, so they stay; `stuck`: a step failed, and not
 * everything could be taken back.
 */
export type TransactionEnd = 'ok' | 'backed-out' | 'kept' | 'stuck';

export type TranscriptEvent =
  | { readonly kind: 'started' | 'ok'; readonly step: number }
  | { readonly kind: 'note'; readonly text: string }
  | { readonly kind: 'rotation'; readonly rotation: RotationReport };

const ENDS: readonly string[] = ['ok', 'backed-out', 'kept', 'stuck'] satisfies TransactionEnd[];
const isEnd = (word: string): word is TransactionEnd => ENDS.includes(word);

/**
 * Reads a transaction's output, given in pieces that are cut anywhere.
 * `listen` hears of each step at once; the transcript is whole when all pieces are fed.
 */
export class TranscriptReader {
  readonly #listen: (event: TranscriptEvent) => void;
  readonly #reasons: string[] = [];
  readonly #rotations: RotationReport[] = [];
  #rest = '';
  #step = 0;
  #failedStep: number | undefined;
  #end: TransactionEnd | undefined;

  constructor(listen: (event: TranscriptEvent) => void) {
    this.#listen = listen;
  }

  feed(piece: string): void {
    const lines = (this.#rest + piece).split('\n');
    this.#rest = lines.pop() ?? '';
    for (const line of lines) this.#read(line);
  }

  get transcript(): Transcript {
    return {
      step: this.#step,
      failedStep: this.#failedStep,
      reasons: this.#reasons,
      rotations: this.#rotations,
      end: this.#end,
    };
  }

  #read(line: string): void {
    const space = line.indexOf(' ');
    const [word, rest] = space < 0 ? [line, ''] : [line.slice(0, space), line.slice(space + 1)];
    if (word === 'started' || word === 'ok') this.#progress(word, Number(rest));
    if (word === 'failed') this.#failedStep = Number(rest);
    if (word === 'why') this.#reasons.push(rest);
    if (word === 'rotation') this.#rotated(rest);
    if (word === 'note') this.#listen({ kind: 'note', text: rest });
    if (word === 'end' && isEnd(rest)) this.#end = rest;
  }

  #rotated(line: string): void {
    const rotation = parseRotationReport(line);
    if (rotation === undefined) return;
    this.#rotations.push(rotation);
    this.#listen({ kind: 'rotation', rotation });
  }

  #progress(kind: 'started' | 'ok', step: number): void {
    this.#step = step;
    this.#listen({ kind, step });
  }
}
