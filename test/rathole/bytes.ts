import type { Duplex } from 'node:stream';
import { Failure } from './failure.ts';

/** Reads exactly `size` bytes and leaves the rest in the stream; rejects on an error or an early end. */
export function readExactly(stream: Duplex, size: number): Promise<Buffer> {
  return readWith(stream, () => {
    const chunk: Buffer | null = stream.read(size);
    if (chunk !== null && chunk.length < size) throw new Failure('early eof');
    return chunk;
  });
}

const HEAD_END = Buffer.from('\r\n\r\n');
const HEAD_MAX = 16_384;

/**
 * Reads an HTTP head with its blank line, as text, and leaves the rest in the stream; rejects as soon as what came is not
 * `plausible` as the beginning of one.
 */
export function readHead(stream: Duplex, plausible: RegExp): Promise<string> {
  let seen = Buffer.alloc(0);
  return readWith(stream, () => {
    const chunk: Buffer | null = stream.read();
    if (chunk === null) return null;
    seen = Buffer.concat([seen, chunk]);
    if (!plausible.test(seen.toString('latin1'))) throw new Failure('not an HTTP head');
    const end = seen.indexOf(HEAD_END);
    if (end < 0 && seen.length > HEAD_MAX) throw new Failure('HTTP head too long');
    if (end < 0) return null;
    const rest = seen.subarray(end + HEAD_END.length);
    if (rest.length > 0) stream.unshift(rest);
    return seen.toString('latin1', 0, end + HEAD_END.length);
  });
}

/** Writes all of `bytes`; rejects when the stream is broken. */
export function writeAll(stream: Duplex, bytes: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    stream.write(bytes, (error) => (error ? reject(error) : resolve()));
  });
}

/** Calls `attempt` whenever there may be more to read, until it gives a value or throws. */
function readWith<T>(stream: Duplex, attempt: () => T | null): Promise<T> {
  return new Promise((resolve, reject) => {
    const settle = (finish: () => void) => {
      stream.off('readable', onReadable).off('end', onEnd).off('error', onError).off('close', onEnd);
      finish();
    };
    const onError = (error: unknown) => settle(() => reject(error));
    const onEnd = () => onError(stream.errored ?? new Failure('early eof'));
    const onReadable = () => {
      try {
        const value = attempt();
        if (value !== null) settle(() => resolve(value));
      } catch (error) {
        onError(error);
      }
    };
    if (stream.destroyed || stream.readableEnded) return onEnd();
    stream.on('readable', onReadable).on('end', onEnd).on('error', onError).on('close', onEnd);
    onReadable();
  });
}
