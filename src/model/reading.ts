/**
 * One observed thing. Absent is not unreadable: what is absent may be created, what is unreadable refuses the
 * plan for its host, for guessing there would replace tokens that are in use.
 */
export type Reading<T> =
  | { readonly kind: 'present'; readonly value: T }
  | { readonly kind: 'absent' }
  | { readonly kind: 'unreadable'; readonly why: string };

export const present = <T>(value: T): Reading<T> => ({ kind: 'present', value });
export const absent: Reading<never> = { kind: 'absent' };
export const unreadable = (why: string): Reading<never> => ({ kind: 'unreadable', why });
