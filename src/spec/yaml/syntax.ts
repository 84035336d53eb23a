import { type Document, type ErrorCode, isDocument, type YAMLError } from 'yaml';
import type { Findings } from '../findings.ts';
import type { Source } from '../source.ts';

/** How to mend what the YAML parser refuses; its other codes share one answer. */
const REMEDIES: Partial<Record<ErrorCode, string>> = {
  TAB_AS_INDENT: 'indent with spaces',
  BAD_ALIAS: 'define the anchor (&name) above its alias (*name), or quote a text that starts with *',
  BAD_INDENT: 'line it up with its neighbours',
  BAD_DQ_ESCAPE: 'write \\\\ for a backslash, or use single quotes',
  BAD_SCALAR_START: 'quote a value that starts with a special character: @ ` % & * ! | > { [',
  BLOCK_AS_IMPLICIT_KEY: 'put the nested mapping on lines of its own, or quote a text that contains ": "',
  MISSING_CHAR: 'close the quote or bracket, or add the missing ":" or ","',
  MULTILINE_IMPLICIT_KEY: 'check for a missing ":" or an unclosed quote above',
  UNEXPECTED_TOKEN: 'quote a text that starts with { or [, and check the brackets',
  KEY_OVER_1024_CHARS: 'shorten the key',
};
const COMMON_REMEDY = 'check the quotes, brackets and indentation here and on the line above';

const RULES: Partial<Record<ErrorCode, string>> = {
  TAB_AS_INDENT: 'yaml-tab',
  BAD_ALIAS: 'yaml-alias',
  RESOURCE_EXHAUSTION: 'yaml-too-deep',
};

/** Only what the YAML library found; the composer gives documents and, where it found none, their errors. */
export function complainAbout(documents: readonly unknown[], source: Source, findings: Findings): boolean {
  const errors = documents
    .filter((item): item is Document.Parsed => isDocument(item))
    .flatMap((document) => document.errors);
  const tabs = errors.filter((error) => error.code === 'TAB_AS_INDENT');
  // What follows a tab is only its consequence.
  const causes = tabs.length > 0 ? tabs : errors;
  // One mistake often leaves several errors behind it on its line: the first of a line stands for all.
  const seen = new Set<number>();
  for (const error of causes.toSorted((a, b) => a.pos[0] - b.pos[0])) {
    const { line } = source.place({ start: error.pos[0], end: error.pos[0] });
    if (!seen.has(line)) complain(error, source, findings);
    seen.add(line);
  }
  return errors.length > 0;
}

function complain(error: YAMLError, source: Source, findings: Findings): void {
  const [start, end] = error.pos;
  findings.add(
    RULES[error.code] ?? 'yaml-syntax',
    { source, range: { start, end } },
    {
      message: `this is not YAML: ${lowerFirst(error.message.split('\n')[0] ?? '')}`,
      remedy: REMEDIES[error.code] ?? COMMON_REMEDY,
    },
  );
}

/** The library's messages may quote the file, so they are kept short. */
function lowerFirst(text: string): string {
  return (text.charAt(0).toLowerCase() + text.slice(1)).slice(0, 160);
}
