import type { Finding, Severity } from '../model/finding.ts';
import { maskSecrets } from './mask.ts';
import type { Range, Source } from './source.ts';

/** What a rule says about one place; the rule's id and the place are added by who reports it. */
export interface Complaint {
  readonly message: string;
  readonly found?: string;
  readonly remedy: string;
  readonly severity?: Severity;
  /** The place holds a secret: nothing of it is shown. */
  readonly isSecret?: boolean;
}

/** A range in one file. */
export interface Spot {
  readonly source: Source;
  readonly range: Range;
}

/** What was found is shown at most so long. */
const FOUND_LENGTH = 60;

/** Collects findings of a whole run: each rule complains once about one place, in the order of files and places. */
export class Findings {
  readonly #byKey = new Map<string, Finding>();

  add(rule: string, { source, range }: Spot, complaint: Complaint): void {
    const key = `${rule} ${source.path} ${range.start}`;
    if (this.#byKey.has(key)) return;
    const place = source.place(range);
    const snippet = complaint.isSecret ? undefined : source.snippet(range);
    this.#byKey.set(key, {
      rule,
      severity: complaint.severity ?? 'error',
      ...place,
      message: complaint.message,
      ...(complaint.found === undefined || complaint.isSecret ? {} : { found: maskSecrets(complaint.found) }),
      remedy: complaint.remedy,
      ...(snippet === undefined ? {} : { snippet }),
    });
  }

  /** How many there are so far. */
  get size(): number {
    return this.#byKey.size;
  }

  get hasErrors(): boolean {
    return [...this.#byKey.values()].some((finding) => finding.severity === 'error');
  }

  /** Sorted by file and place. */
  list(): readonly Finding[] {
    return [...this.#byKey.values()].sort(
      (a, b) => compare(a.file, b.file) || a.line - b.line || a.column - b.column || compare(a.rule, b.rule),
    );
  }
}

/** A value as it is shown in a finding: quoted like JSON, without control characters, shortened. */
export function show(value: unknown): string {
  if (value === null || value === undefined) return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a mapping';
  const text = JSON.stringify(value);
  return text.length > FOUND_LENGTH ? `${text.slice(0, FOUND_LENGTH)}…` : text;
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
