/**
 * Makes a text fit for a terminal or a page: it may come from a host's file, whose control characters must not move
 * the reader's cursor. Line breaks and tabs stay.
 */
export function printable(text: string): string {
  return text.replaceAll(
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is replaced
    /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** The same for a place that takes one line. */
export function oneLine(text: string): string {
  return printable(text)
    .replaceAll(/\s*\n\s*/g, ' ')
    .trim();
}

/** What a terminal obeys or a reader does not see, as a class of a regular expression with the flag u. */
const UNSEEN = '\\p{Cc}\\p{Cf}\\p{Zl}\\p{Zp}';

/** One line in which each such character is one mark, so that columns stay what they are. Tabs stay. */
export function marked(text: string): string {
  return text.replaceAll(new RegExp(`(?!\\t)[${UNSEEN}]`, 'gu'), '\ufffd');
}

/** A value as JSON that means the same to a program and does nothing to a terminal. Ends with a line break. */
export function jsonText(value: unknown): string {
  const text = JSON.stringify(value, null, 2).replaceAll(
    new RegExp(`(?!\\n)[${UNSEEN}]`, 'gu'),
    (character) =>
      // Beyond the first 65,536 characters JSON writes two escapes.
      character.replaceAll(/[\s\S]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`),
  );
  return `${text}\n`;
}
