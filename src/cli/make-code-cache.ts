import { writeFileSync } from 'node:fs';
import { bundled, CACHE } from './code-cache.ts';

/* Run once by the build, with a command line: what V8 made of the functions that it needed is kept as well. */
const { script, run } = bundled();
process.once('exit', () => writeFileSync(CACHE, script.createCachedData()));
run();
