import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';

/** As the XDG base directory specification says: a relative XDG_CACHE_HOME does not count. */
export function cacheFolder({ XDG_CACHE_HOME: cache }: NodeJS.ProcessEnv): string {
  const base = cache !== undefined && isAbsolute(cache) ? cache : join(homedir(), '.cache');
  return join(base, 'reconcile', 'programs');
}
