import { quote } from '../codec/shell.ts';
import type { ExecResult } from '../execute/ports.ts';
import { ReconcileError } from '../model/errors.ts';

/** Printed on stderr once sudo has let us in: its own failures cannot be told from the command's by their status. */
const MARK = 'reconcile: root';

/** The command as root by `sudo -n`, which asks nobody anything. */
export const becoming = (command: string) =>
  `sudo -n -- sh -c ${quote(`printf '%s\\n' '${MARK}' >&2; ${command}`)}`;

/**
 * Takes the mark off the result of a `becoming` command. A forced command prints none: then success alone shows that
 * something ran.
 *
 * @throws ReconcileError `unreachable` when sudo refused.
 */
export function became(result: ExecResult): ExecResult {
  const lines = result.stderr.split('\n');
  const at = lines.indexOf(MARK);
  if (at >= 0) return { ...result, stderr: lines.toSpliced(at, 1).join('\n') };
  if (result.code === 0) return result;
  const said = lines.find((text) => text.trim() !== '') ?? `exit status ${result.code}`;
  throw new ReconcileError(
    'unreachable',
    `cannot become root: ${said}`,
    'Give the user passwordless sudo there (`USER ALL=(ALL) NOPASSWD: ALL` in /etc/sudoers.d), or log in as root.',
  );
}
