import { LOCK_PATIENCE } from '../src/artifacts/lock.ts';

/** A `flock` for a test's PATH: waits a second where it is told to wait as long as our programs do. */
export const FLOCK_IN_HASTE = `[ "$1 $2" = '-w ${LOCK_PATIENCE}' ] || exit 64
exec /usr/bin/flock -w 1 "$3"`;
