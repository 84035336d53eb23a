/** Every way a run can end, and the exit status that says so. The table in docs/ is checked against this one. */
export const EXIT_STATUS = {
  /** Done, or nothing to do. */
  ok: 0,
  /** Wrong input: usage, YAML, inventory, a plan file. */
  invalid: 1,
  /** `--detailed-exitcode`: there are changes. */
  changes: 2,
  /** Something failed on a host; the transaction was backed out or is continued by the next apply. */
  failed: 3,
  /** A host could not be reached or logged in to; nothing was done there. */
  unreachable: 4,
  /** The plan refuses: a consent, a repair or a matching digest is needed. Nothing was done. */
  refused: 5,
  /** Something should be looked at: a rotation is held, refused or not done in time; `status`: all that it names. */
  attention: 6,
  /** A bug in reconcile itself. */
  internal: 70,
  /** Stopped by a signal: running transactions came to their end, and some hosts were not begun. */
  interrupted: 130,
} as const;

export type ExitCode = keyof typeof EXIT_STATUS;

/** The kinds of errors: each is a way a run ends badly. */
export type ErrorCode = Exclude<ExitCode, 'ok' | 'changes' | 'attention'>;

/**
 * The one error shape: what is wrong, and how to mend it.
 *
 * Neither text may hold a secret; `cause` is for debugging and is printed by its message only.
 */
export class ReconcileError extends Error {
  override readonly name = 'ReconcileError';
  readonly code: ErrorCode;
  readonly remedy: string;

  constructor(code: ErrorCode, message: string, remedy: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.remedy = remedy;
  }
}
