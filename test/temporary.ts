import { accessSync, constants, mkdirSync, readFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';

const MEMORY = '/dev/shm';

/**
 * Where tests make their files, thousands of small ones, most of them for a moment: where TMPDIR says; without it in
 * memory, unless this machine lets this user not write or run programs there.
 */
export function temporaryFolder(): string {
  if (process.env['TMPDIR'] !== undefined) return tmpdir();
  const folder = join(MEMORY, `reconcile-tests-${userInfo().uid}`);
  try {
    const mounts = readFileSync('/proc/self/mounts', 'utf8');
    const [, options = 'noexec'] = new RegExp(`^\\S+ ${MEMORY} tmpfs (\\S+)`, 'm').exec(mounts) ?? [];
    if (options.split(',').includes('noexec')) return tmpdir();
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK | constants.X_OK);
    return folder;
  } catch {
    return tmpdir();
  }
}
