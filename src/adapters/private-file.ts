import { rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { ReconcileError } from '../model/errors.ts';

/**
 * Replaces a file as a whole; it is readable by its owner alone from its first byte on.
 *
 * @throws ReconcileError `invalid` when it cannot be written
 */
export async function writePrivately(path: string, text: string): Promise<void> {
  await refuseSpecial(path);
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}`);
  try {
    await writeFile(temporary, text, { mode: 0o600, flag: 'wx' });
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    const why = error instanceof Error ? error.message : String(error);
    throw unwritable(path, why, error);
  }
}

/** Renaming over /dev/null or a named pipe would put a file in its place. */
async function refuseSpecial(path: string): Promise<void> {
  const stats = await stat(path).catch(() => undefined);
  if (stats !== undefined && !stats.isFile()) throw unwritable(path, 'it is there and is no regular file');
}

const unwritable = (path: string, why: string, cause?: unknown) =>
  new ReconcileError(
    'invalid',
    `${path} cannot be written: ${why}`,
    'give a path that can be written',
    cause,
  );
