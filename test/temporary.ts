import { mkdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const MEMORY = '/dev/shm';

/**
 * Where tests make their files, thousands of small ones, most of them for a moment: in memory, unless this machine lets
 * nobody run programs or write there.
 */
export function temporaryFolder(): string {
  const mounts = readFileSync('/proc/self/mounts', 'utf8');
  const [, options = 'noexec'] = new RegExp(`^\\S+ ${MEMORY} tmpfs (\\S+)`, 'm').exec(mounts) ?? [];
  if (options.split(',').includes('noexec')) return tmpdir();
  const folder = join(MEMORY, 'reconcile-tests');
  try {
    mkdirSync(folder, { recursive: true });
    return folder;
  } catch {
    return tmpdir();
  }
}
