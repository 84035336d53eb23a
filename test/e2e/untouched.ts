import type { Host } from '../lab/host.ts';

const FOLDERS = '/etc /usr/local /var/lib/reconcile';

/**
 * Everything that an apply could touch, as text that is the same as long as nothing was: files, units, and nginx's
 * youngest worker, for those of an earlier reload may end meanwhile.
 */
export async function stateOf(host: Host): Promise<string> {
  return host.must(`find ${FOLDERS} -printf '%p %m %u:%g %i %T@ %C@ %s\\n' | sort
    systemctl show rathole-server nginx --property=Id,MainPID,NRestarts,ActiveEnterTimestampMonotonic,InvocationID
    pgrep --newest -P "$(systemctl show --property=MainPID --value nginx)"
    ls /run | grep reconcile || :`);
}

/** What must not be there when no transaction runs: temporary files, links to old ones, a held lock. */
export async function leftovers(host: Host): Promise<string> {
  return host.must(`find /etc /usr/local /var/lib/reconcile -name '.*.reconcile*'
    find /run -maxdepth 1 -name 'reconcile.*' ! -name reconcile.lock
    [ ! -e /run/reconcile.lock ] || flock -n /run/reconcile.lock true || echo the lock is held`);
}
