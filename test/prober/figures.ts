/**
 * The longest stretch without a success.
 * @param starts when the successful probes started, in any order; all in milliseconds
 */
export function longestGap(starts: readonly number[], begin: number, end: number): number {
  const marks = [begin, ...starts.toSorted((a, b) => a - b), Math.max(end, begin)];
  const gaps = marks.slice(1).map((mark, n) => mark - (marks[n] ?? mark));
  return round(Math.max(0, ...gaps));
}

/** The smallest value that at least `share` of all values do not exceed; null of none. */
export function percentile(values: readonly number[], share: number): number | null {
  const value = values.toSorted((a, b) => a - b)[Math.max(0, Math.ceil(values.length * share) - 1)];
  return value === undefined ? null : round(value);
}

/** To a tenth. */
export const round = (value: number) => Math.round(value * 10) / 10;
