import { CommanderError } from 'commander';
import { EXIT_STATUS, type ExitCode, ReconcileError } from '../model/errors.ts';
import { printable } from '../render/printable.ts';
import { createProgram } from './program.ts';

/** Runs one command line; the exit status is left in `process.exitCode`, so that output is written to its end. */
async function main(argv: readonly string[]): Promise<void> {
  try {
    await createProgram(endWith).parseAsync(argv);
  } catch (error) {
    process.exitCode = EXIT_STATUS[explain(error)];
  }
}

async function endWith(outcome: Promise<ExitCode>): Promise<void> {
  process.exitCode = EXIT_STATUS[await outcome];
}

/** Says on stderr what went wrong; commander has already said its own part. */
function explain(error: unknown): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? 'ok' : 'invalid';
  if (error instanceof ReconcileError) {
    process.stderr.write(printable(`reconcile: ${error.message}\n  mend: ${error.remedy}\n`));
    return error.code;
  }
  if (error instanceof Error && 'syscall' in error && error.syscall === 'uv_cwd') {
    process.stderr.write('reconcile: the current folder is gone\n  mend: change to a folder that is there\n');
    return 'invalid';
  }
  const trace = error instanceof Error ? (error.stack ?? error.message) : String(error);
  process.stderr.write(`reconcile: this is a bug in reconcile, please report it\n${trace}\n`);
  return 'internal';
}

/**
 * A reader that has seen enough (`reconcile … | head`) is no error; a full disk is one, but nothing is broken off for
 * it: hosts may be in the middle of a transaction.
 */
function onLostOutput({ code, message }: NodeJS.ErrnoException): void {
  if (code === 'EPIPE') return;
  process.stderr.write(`reconcile: the output cannot be written: ${message}\n`);
  process.once('exit', () => {
    process.exitCode ||= EXIT_STATUS.invalid;
  });
}

process.stdout.once('error', onLostOutput);
// Every later write fails again, and an error that nobody listens to would end the process.
process.stdout.on('error', () => {});
// Nobody is left to be told.
process.stderr.on('error', () => {});

void main(process.argv);
