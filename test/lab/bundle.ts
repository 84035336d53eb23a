import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import { PROJECT } from './project.ts';

const REQUIRE =
  "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";

/**
 * Makes one file of a TypeScript program under test/, to run by plain node here or in a guest; it is an executable
 * where the program begins with `#!/usr/bin/env node`.
 * Renamed into place, so that two test runs may do this at once.
 * @param entry relative to the project, such as "test/prober/main.ts"
 * @param format "cjs" for a program that is to run under any name: node takes a module only by its extension
 * @returns the file's path.
 */
export async function bundle(entry: string, name: string, format: 'esm' | 'cjs' = 'esm'): Promise<string> {
  const result = await build({
    entryPoints: [join(PROJECT, entry)],
    ...{ bundle: true, platform: 'node', format, target: 'node20', write: false, logLevel: 'error' },
    banner: { js: format === 'esm' ? REQUIRE : '' },
  });
  const file = join(PROJECT, 'dist/test', `${name}.${format === 'esm' ? 'mjs' : 'cjs'}`);
  const draft = `${file}.${process.pid}`;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(draft, result.outputFiles[0]?.contents ?? '', { mode: 0o755 });
  renameSync(draft, file);
  return file;
}
