import { Unquotable } from './unquotable.ts';

/**
 * Quotes a value as one parameter of an nginx directive. The only function that does. nginx has no way to write a
 * dollar sign where it reads variables, and no control character belongs into its configuration: both are refused.
 */
export function nginxWord(value: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  if (value === '' || /[\x00-\x1f\x7f$]/.test(value)) throw new Unquotable("nginx's configuration", value);
  return /^[\w./:@*[\]-]+$/.test(value) ? value : `"${value.replaceAll(/["\\]/g, '\\$&')}"`;
}
