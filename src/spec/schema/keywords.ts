import { parseEndpoint, parseSocketAddress } from '../address.ts';
import { parseDuration } from '../duration.ts';

/** What our schemas say beyond JSON Schema; the names stand in precompiled validators, too. */
export const formats = {
  'socket-address': (text: string) => parseSocketAddress(text) !== undefined,
  endpoint: (text: string) => parseEndpoint(text) !== undefined,
};

/** The `x-duration` keyword: a time span has a least and a greatest value. What is no time span is for `pattern`. */
export function isWithin(bounds: { min: string; max: string }, text: unknown): boolean {
  const seconds = typeof text === 'string' ? parseDuration(text) : undefined;
  if (seconds === undefined) return true;
  return seconds >= (parseDuration(bounds.min) ?? 0) && seconds <= (parseDuration(bounds.max) ?? seconds);
}
