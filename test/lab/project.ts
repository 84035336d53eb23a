import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** The project's folder, both for sources run by vitest and for what is bundled into dist/. */
export const PROJECT = folderWith('package.json', import.meta.dirname);

function folderWith(file: string, start: string): string {
  if (existsSync(join(start, file))) return start;
  const parent = dirname(start);
  if (parent === start) throw new Error(`no ${file} above ${import.meta.dirname}`);
  return folderWith(file, parent);
}
