import { constants } from 'node:os';
import { StringDecoder } from 'node:string_decoder';
import type { ExecOptions } from '../execute/ports.ts';
import { ReconcileError } from '../model/errors.ts';

/** Puts chunks of bytes together as text, also where a character is cut in two. */
export class TextSink {
  readonly #decoder = new StringDecoder('utf8');
  readonly #onText: ((text: string) => void) | undefined;
  #text = '';

  constructor(onText?: (text: string) => void) {
    this.#onText = onText;
  }

  readonly add = (chunk: Buffer): void => this.#take(this.#decoder.write(chunk));

  /** The whole text; nothing may be added afterwards. */
  end(): string {
    this.#take(this.#decoder.end());
    return this.#text;
  }

  #take(text: string): void {
    if (text === '') return;
    this.#text += text;
    this.#onText?.(text);
  }
}

/** What is sent, with its secrets in their places. */
export function sent(input: Uint8Array | string, { secrets = new Map() }: ExecOptions): Buffer {
  if (typeof input !== 'string') return Buffer.from(input);
  const filled = [...secrets].reduce(
    (text, [word, secret]) => text.replaceAll(word, () => secret.reveal()),
    input,
  );
  return Buffer.from(filled);
}

/** The status of a process that a signal ended, as a shell gives it. */
export function signalStatus(signal: string): number {
  const name = signal.startsWith('SIG') ? signal : `SIG${signal}`;
  const number = Object.entries(constants.signals).find(([known]) => known === name)?.[1] ?? 0;
  return 128 + number;
}

export const noAnswer = (seconds: number) =>
  new ReconcileError(
    'unreachable',
    `no answer within ${seconds} s (the command may go on there)`,
    'See what the host is busy with, then try again: what was begun is continued.',
  );
