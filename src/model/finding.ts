/** One mistake (or doubt) in a file that a person wrote: where, what, and how to mend it. */
export interface Finding extends Place {
  /** The stable id of the rule that fired; docs/reference/rules.md explains each. */
  readonly rule: string;
  readonly severity: Severity;
  /** What is wrong, without what was found. */
  readonly message: string;
  /** What stands there instead, shortened and without secrets; undefined where nothing does. */
  readonly found?: string;
  /** How to mend it, as an instruction. */
  readonly remedy: string;
  /** The line that it is about, shortened and without secrets; undefined for an empty or unreadable file. */
  readonly snippet?: Snippet;
}

/** An error stops everything; a warning is only printed. */
export type Severity = 'error' | 'warning';

/** A range in a file. Lines and columns count from 1; columns count UTF-16 code units; the end is exclusive. */
export interface Place {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
}

/** A piece of one line and the part of it that is meant. */
export interface Snippet {
  readonly text: string;
  /** Index in `text` of the first marked character. */
  readonly start: number;
  /** At least 1. */
  readonly length: number;
}
