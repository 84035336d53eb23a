import type { Command } from 'commander';
import type { ExitCode } from '../model/errors.ts';

/**
 * Declares one verb: its arguments, options and help. Its action hands the running work to `end` and imports what
 * it needs itself, so that no verb pays for another at start-up.
 */
export type DefineVerb = (program: Command, end: End) => void;

/** Waits for a verb's outcome and makes it the exit status. */
export type End = (outcome: Promise<ExitCode>) => Promise<void>;
