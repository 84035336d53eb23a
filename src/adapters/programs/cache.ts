import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hashOf } from './hash.ts';

/** A cached program, if it is there and still what it was; a damaged one counts as not there. */
export async function readCached(folder: string, sha256: string): Promise<Uint8Array | undefined> {
  try {
    const program = await readFile(join(folder, sha256));
    return hashOf(program) === sha256 ? program : undefined;
  } catch {
    return undefined;
  }
}

/** Puts a program into the cache. Runs side by side may do it at once, and one may be killed: a rename is whole or nothing. */
export async function writeCached(folder: string, sha256: string, program: Uint8Array): Promise<void> {
  const temporary = join(folder, `.${sha256}.${process.pid}`);
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await writeFile(temporary, program, { mode: 0o600 });
    await rename(temporary, join(folder, sha256));
  } catch {
    // The program itself is at hand: without a cache only the next run has to fetch it again.
    await rm(temporary, { force: true }).catch(() => {});
  }
}
