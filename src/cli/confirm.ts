import { createInterface } from 'node:readline/promises';
import { ReconcileError } from '../model/errors.ts';
import type { Plan } from '../model/plan.ts';

/**
 * Asks the person at the terminal. The end of the input is a no. `remedy` is what to do without a terminal.
 *
 * @throws ReconcileError `invalid` when there is no terminal to ask at, `interrupted` after Ctrl-C
 */
export async function agreed({ hosts }: Plan, remedy: string): Promise<boolean> {
  if (!process.stdin.isTTY) {
    throw new ReconcileError('invalid', 'there is no terminal to ask whether to apply this', remedy);
  }
  const count = hosts.filter(({ steps }) => steps.length > 0).length;
  return /^y(es)?$/i.test(
    (await answer(`Apply this to ${count} host${count === 1 ? '' : 's'}? [y/N] `)).trim(),
  );
}

/** Node ends a question with an AbortError at Ctrl-C and Ctrl-D; only Ctrl-C emits SIGINT before it. */
async function answer(question: string): Promise<string> {
  const lines = createInterface({ input: process.stdin, output: process.stdout });
  const stopped = new AbortController();
  lines.on('SIGINT', () => stopped.abort());
  try {
    return await lines.question(question, { signal: stopped.signal });
  } catch (error) {
    process.stdout.write('\n');
    if (stopped.signal.aborted) throw interrupted();
    if (error instanceof Error && error.name === 'AbortError') return '';
    throw error;
  } finally {
    lines.close();
  }
}

const interrupted = () =>
  new ReconcileError('interrupted', 'ended by Ctrl-C before anything was done', 'apply again');
