/** One line of a host's audit log. Its texts are the host's: print them as such. */
export interface AuditEntry {
  readonly sequence: number;
  /** ISO 8601, UTC, by the host's clock. */
  readonly time: string;
  readonly actor: string;
  /** A service, or a client. */
  readonly target: string;
  readonly operation: string;
  readonly generation: number;
  readonly outcome: string;
  readonly detail: string;
}

/** The entry in such a line; undefined where it is none: a power failure may have torn one. */
export function parseAuditEntry(line: string): AuditEntry | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isEntry(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isEntry(value: unknown): value is AuditEntry {
  if (typeof value !== 'object' || value === null) return false;
  const entry = value as Partial<Record<keyof AuditEntry, unknown>>;
  const texts = [entry.time, entry.actor, entry.target, entry.operation, entry.outcome, entry.detail];
  return (
    texts.every((text) => typeof text === 'string') &&
    Number.isSafeInteger(entry.sequence) &&
    Number.isSafeInteger(entry.generation)
  );
}
