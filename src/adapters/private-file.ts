import { access, constants, rename, rm, stat, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { ReconcileError } from '../model/errors.ts';
import { wordsOf } from './system-error.ts';

/**
 * Replaces a file as a whole; it is readable by its owner alone from its first byte on.
 *
 * @throws ReconcileError `invalid` when it cannot be written
 */
export async function writePrivately(path: string, text: string): Promise<void> {
  await checkWritable(path);
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}`);
  try {
    await writeFile(temporary, text, { mode: 0o600, flag: 'wx' });
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw unwritable(path, wordsOf(error), error);
  }
}

/**
 * Looks whether a file could be written, so that nobody waits for what is thrown away at the end.
 *
 * @throws ReconcileError `invalid` when it could not
 */
export async function checkWritable(path: string): Promise<void> {
  if (path === '' || path.endsWith('/')) throw unwritable(JSON.stringify(path), 'it names no file');
  const folder = dirname(path);
  const stats = await stat(folder).catch(() => undefined);
  if (!stats?.isDirectory()) throw unwritable(path, `there is no folder ${folder}`);
  await access(folder, constants.W_OK | constants.X_OK).catch((error) => {
    throw unwritable(path, `the folder ${folder} takes no new files`, error);
  });
  await refuseSpecial(path);
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
