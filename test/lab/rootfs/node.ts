import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { must } from '../run.ts';

/** nspawn options that give a guest this machine's own node, with those of its libraries that the image lacks. */
export async function nodeBinds(base: string): Promise<string[]> {
  const listed = await must(['ldd', process.execPath]);
  const libraries = [...listed.matchAll(/=> (\/\S+)/g)]
    .map(([, path = '']) => path)
    .filter((path) => !existsSync(join(base, path)));
  return [
    `--bind-ro=${process.execPath}:/usr/local/bin/node`,
    ...libraries.map((path) => `--bind-ro=${path}`),
  ];
}
