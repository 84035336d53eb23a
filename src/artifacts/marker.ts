const MARKER = 'Made by reconcile. Change the playbook: the next apply undoes an edit here.';

/** The first line of every generated file. A file at one of our paths without it is somebody else's. */
export const MARKER_LINE = `# ${MARKER}\n`;

/** Scripts begin with `#!`, so the line may be the second one. */
export function isMarked(text: string): boolean {
  return text.split('\n', 2).some((line) => line.includes(MARKER));
}
