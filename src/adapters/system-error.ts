/** The operating system's words alone: `ENOENT: no such file or directory, stat 'x'` repeats the path. */
export function wordsOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return /^E[A-Z0-9]+: ([^,]+), /.exec(message)?.[1] ?? message;
}
