/**
 * One observed thing: how it is read on the host, and what its answer means.
 *
 * `shell` is the body of a POSIX sh function. It prints lines (none starts with `@`) and calls `absent` or
 * `unreadable WHY` where there is nothing to print; otherwise the fact is present. It changes nothing on the host,
 * and it may use what `script.ts` has set: `now`, `uptime`, `zone`, `kernel`, `machine`.
 */
export interface Fact<T> {
  readonly shell: string;
  /** @throws Error when the lines cannot be understood; the fact is then unreadable. */
  readonly parse: (lines: readonly string[]) => T;
}

/** Splits `tag rest` lines; a line without a space is a tag with an empty rest. */
export function tagged(lines: readonly string[]): (readonly [tag: string, rest: string])[] {
  return lines.map((line) => {
    const at = line.indexOf(' ');
    return at < 0 ? [line, ''] : [line.slice(0, at), line.slice(at + 1)];
  });
}

/** @throws Error when `text` is not a plain decimal number. */
export function number(text: string): number {
  if (!/^\d+(\.\d+)?$/.test(text)) throw new Error(`not a number: ${JSON.stringify(text)}`);
  return Number(text);
}

/** @throws Error when there is not exactly one line. */
export function onlyLine(lines: readonly string[]): string {
  const [line] = lines;
  if (line === undefined || lines.length > 1) throw new Error(`${lines.length} lines where one was expected`);
  return line;
}

/** The two clocks of a host, read together, so that times since boot can be told as Unix seconds. */
export interface Clocks {
  readonly now: number;
  readonly uptime: number;
}

/** Reads a `clocks NOW UPTIME` line's rest. */
export function clocks(rest: string): Clocks {
  const [now = '', uptime = ''] = rest.split(' ');
  return { now: number(now), uptime: number(uptime) };
}

/** Unix seconds of something that happened `seconds` after boot. */
export const sinceBoot = ({ now, uptime }: Clocks, seconds: number) => now - uptime + seconds;
