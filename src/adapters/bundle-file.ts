import { access } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { keyPlaceholder } from '../artifacts/bundle/client-files.ts';
import type { Secret } from '../model/secret.ts';
import { writePrivately } from './private-file.ts';

/**
 * Writes an installer with its keys filled in, by server: from here on it is a secret, and only its owner can read it.
 *
 * @returns whether it took another file's place
 * @throws ReconcileError `invalid` when it cannot be written, also where that would be a terminal or another device
 */
export async function writeBundle(
  path: string,
  script: string,
  keys: ReadonlyMap<string, Secret>,
): Promise<boolean> {
  let text = script;
  for (const [server, key] of keys) text = text.replace(keyPlaceholder(server), () => key.reveal());
  const replaced = await exists(path);
  await writePrivately(path, text);
  return replaced;
}

/** The Git work tree that a path lies in; undefined: none. */
export async function workTreeOf(path: string): Promise<string | undefined> {
  for (let folder = dirname(resolve(path)); ; folder = dirname(folder)) {
    if (await exists(join(folder, '.git'))) return folder;
    if (folder === dirname(folder)) return undefined;
  }
}

const exists = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );
