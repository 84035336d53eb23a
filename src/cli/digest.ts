import type { Digest } from '../model/plan.ts';

/** Whether a text from outside has the shape of a plan's digest. */
export const isDigest = (text: unknown): text is Digest =>
  typeof text === 'string' && /^[0-9a-f]{64}$/.test(text);
