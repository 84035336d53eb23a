import { Unquotable } from './unquotable.ts';

/** Quotes a value as one word of a systemd command line. The only function that does. */
export function unitWord(value: string): string {
  refuseControls(value);
  const escaped = value.replaceAll('%', '%%').replaceAll('$', '$$$$');
  return /^[\w%$+,./:@-]+$/.test(escaped) ? escaped : `"${escaped.replaceAll(/["\\]/g, '\\$&')}"`;
}

/** Makes a value fit for a setting that takes the rest of its line, such as `Description=`. */
export function unitText(value: string): string {
  refuseControls(value);
  return value.replaceAll('%', '%%').replaceAll('\\', '\\\\');
}

function refuseControls(value: string): void {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (/[\x00-\x1f\x7f]/.test(value)) throw new Unquotable('a unit file', value);
}
