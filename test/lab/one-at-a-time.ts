import { join } from 'node:path';
import { aroundAll } from 'vitest';
import { STATE } from './claim.ts';
import { withLock } from './lock.ts';

/** Set up in a file's own process: no two such files run at the same time on this machine, their labs included. */
aroundAll((runFile) => withLock(join(STATE, 'one-at-a-time'), runFile));
