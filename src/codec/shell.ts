/** Quotes a value as one word for any POSIX shell. The only function that does. */
export function quote(word: string): string {
  if (word.includes('\0')) throw new Error('a shell word cannot hold a NUL byte');
  return /^[\w%+,./:@-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
