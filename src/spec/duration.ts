const SECONDS = { w: 604_800, d: 86_400, h: 3600, m: 60, s: 1 } as const;
const SHAPE = /^(?:(\d{1,6})w)?(?:(\d{1,6})d)?(?:(\d{1,6})h)?(?:(\d{1,6})m)?(?:(\d{1,6})s)?$/;

/** Seconds of a time span such as `1h30m`; undefined when it is none. */
export function parseDuration(text: string): number | undefined {
  const parts = text === '' ? null : SHAPE.exec(text);
  if (!parts) return undefined;
  return Object.values(SECONDS).reduce(
    (sum, seconds, index) => sum + seconds * Number(parts[index + 1] ?? 0),
    0,
  );
}

/** Seconds as a person would write them: `5400` is `1h30m`. */
export function formatDuration(seconds: number): string {
  if (seconds === 0) return '0s';
  let left = seconds;
  let text = '';
  for (const [unit, size] of Object.entries(SECONDS).slice(1)) {
    const count = Math.floor(left / size);
    if (count > 0) text += `${count}${unit}`;
    left %= size;
  }
  return text;
}

/** The same to about a hundredth: days and hours, hours and minutes, or less. */
export function roughDuration(seconds: number): string {
  const { d, h, m } = SECONDS;
  const step = seconds >= d ? h : seconds >= h ? m : 1;
  return formatDuration(Math.floor(seconds / step) * step);
}
