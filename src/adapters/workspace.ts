import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { ReconcileError } from '../model/errors.ts';
import { roleOf } from '../spec/inventory/layout.ts';
import {
  type Content,
  type InventoryFile,
  type InventorySources,
  MAX_FILE_BYTES,
  type SourceFile,
} from '../spec/sources.ts';
import { wordsOf } from './system-error.ts';

/** Folders deeper than this are somebody's loop of symbolic links. */
const MAX_DEPTH = 10;
/** Folders with more in them are somebody's home or whole system: reading all of it would take very long. */
const MAX_FILES = 10_000;

/**
 * Reads an inventory: one file with the `group_vars` and `host_vars` beside it, or a folder of such files.
 *
 * @throws ReconcileError `invalid` when there is nothing at `path`
 */
export async function readInventory(path: string): Promise<InventorySources> {
  const isFolder = (await statOrRefuse(path)).isDirectory();
  const folder = isFolder ? path : dirname(path);
  const paths = isFolder
    ? await filesBelow(folder)
    : [
        path,
        ...(await filesBelow(join(folder, 'group_vars'))),
        ...(await filesBelow(join(folder, 'host_vars'))),
      ];
  const wanted = paths.filter((file) => roleOf(relative(folder, file)).kind !== 'ignored' || file === path);
  const files = await Promise.all(wanted.map((file) => readInventoryFile(file, folder)));
  return { path, isFolder, files };
}

/** Reads playbooks, each once however often it is named; a missing one is a finding, not an error. */
export async function readPlaybooks(paths: readonly string[]): Promise<readonly SourceFile[]> {
  const real = await Promise.all(paths.map((path) => realpath(path).catch(() => path)));
  const once = paths.filter((_, at) => real.indexOf(real[at] ?? '') === at);
  return Promise.all(once.map(async (path) => ({ path, content: await read(path) })));
}

async function readInventoryFile(path: string, folder: string): Promise<InventoryFile> {
  const below = relative(folder, path);
  // A file that stands in no readable format is refused by its name: its content is of no use.
  const content: Content =
    roleOf(below).kind === 'unsupported' ? { kind: 'bytes', bytes: new Uint8Array() } : await read(path);
  return { path, relative: below, content };
}

/** Looks before it opens: opening a pipe would wait for a writer. */
async function read(path: string): Promise<Content> {
  try {
    const stats = await stat(path);
    if (!stats.isFile()) return { kind: 'unreadable', why: 'it is not a regular file' };
    if (stats.size > MAX_FILE_BYTES) return { kind: 'too-large', size: stats.size };
    return { kind: 'bytes', bytes: await readFile(path) };
  } catch (error) {
    return { kind: 'unreadable', why: wordsOf(error) };
  }
}

/**
 * All files below a folder, sorted as Ansible reads them; none when there is no such folder.
 *
 * @throws ReconcileError `invalid` for a folder that is there but cannot be read, or that is no inventory's by its size
 */
async function filesBelow(folder: string): Promise<readonly string[]> {
  const found: string[] = [];
  const visit = async (path: string, depth: number): Promise<void> => {
    if (depth > MAX_DEPTH) throw unreadableFolder(path, `it is more than ${MAX_DEPTH} folders deep`);
    for (const name of await namesIn(path)) {
      const below = join(path, name);
      if (await isDirectory(below)) await visit(below, depth + 1);
      else if (found.push(below) > MAX_FILES)
        throw unreadableFolder(folder, `it holds more than ${MAX_FILES} files`);
    }
  };
  await visit(folder, 0);
  return found;
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).filter((name) => !name.startsWith('.')).sort();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw unreadableFolder(folder, wordsOf(error));
  }
}

/** A dangling link counts as a file, so that reading it says what is wrong. */
async function isDirectory(path: string): Promise<boolean> {
  return stat(path).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
}

const unreadableFolder = (folder: string, why: string): ReconcileError =>
  new ReconcileError(
    'invalid',
    `the folder ${folder} cannot be read: ${why}`,
    'give the folder of an inventory with -i; everything in it must be readable',
  );

async function statOrRefuse(path: string) {
  try {
    return await stat(path);
  } catch (error) {
    throw new ReconcileError(
      'invalid',
      `the inventory ${path} cannot be read: ${wordsOf(error)}`,
      'give the path of an inventory file or folder with -i',
      error,
    );
  }
}
