/** Seconds to wait for a host's lock: a rotation's switch holds it for five to seven, and several may be ahead. */
export const LOCK_PATIENCE = 30;

/**
 * A shell function that takes the lock whose file is descriptor 9; it fails where another run has held that for too
 * long. It needs `die MESSAGE`.
 */
export const AWAIT_LOCK = `
await_lock() {
  flock -w ${LOCK_PATIENCE} 9 || case $? in
    1) return 1 ;;
    *) die 'the lock cannot be taken: see that flock (util-linux) is there' ;;
  esac
}
`;
