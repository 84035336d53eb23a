/**
 * A set of tokens of one service, as bits. A token is its generation's number and, should a number ever be used
 * twice, which of the two it is: bit `number` for the first, bit `number + 16` for the second.
 */
export type Tokens = number;

export const NONE: Tokens = 0;
const EVEN = 0x5555_5555;
const ODD = 0xaaaa_aaaa | 0;

/** The first token ever made for a number. */
export const token = (generation: number): Tokens => 1 << generation;

/** Both tokens that a number could have. */
export const ofGeneration = (generation: number): Tokens =>
  generation === 0 ? NONE : (1 << generation) | (1 << (generation + 16));

/** The token to make for a number, given those that were made before. */
export const freshToken = (generation: number, made: Tokens): Tokens =>
  (made & token(generation)) === 0 ? token(generation) : 1 << (generation + 16);

/** The tokens of the set whose generations share a slot with this number. */
export const sameSlot = (set: Tokens, generation: number): Tokens =>
  set & (generation % 2 === 0 ? EVEN : ODD);

export function members(set: Tokens): Tokens[] {
  const found: Tokens[] = [];
  for (let rest = set; rest !== 0; rest &= rest - 1) found.push(rest & -rest);
  return found;
}

/** The number of a single token. */
export const generationOf = (one: Tokens): number => (31 - Math.clz32(one)) % 16;

export const nameOf = (one: Tokens): string => `g${generationOf(one)}${one >>> 16 === 0 ? '' : ' (again)'}`;

export const isSubset = (part: Tokens, whole: Tokens): boolean => (part & ~whole) === 0;
