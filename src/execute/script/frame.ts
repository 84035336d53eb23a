import { SYNC_PROGRAM } from '../../artifacts/bundle/units.ts';
import { AWAIT_LOCK, LOCK_PATIENCE } from '../../artifacts/lock.ts';
import { AUDIT, ETC, LOCK, NGINX_ERRORS, ROTATE } from '../../artifacts/paths.ts';
import { quote } from '../../codec/shell.ts';

/** Where a transaction keeps its things on a host. Tests use other places than hosts do. */
export interface Places {
  readonly lock: string;
  readonly run: string;
  readonly state: string;
  /** Folders in which an earlier transaction that was killed may have left temporary files. */
  readonly swept: readonly string[];
  readonly path: string;
  /** The host's own program for rotations. */
  readonly rotator: string;
  readonly audit: string;
  /** A client's sync step, and where it keeps a folder per server. */
  readonly syncer: string;
  readonly joined: string;
}

export const PLACES: Places = {
  lock: LOCK,
  run: '/run',
  state: '/var/lib/reconcile',
  swept: [
    '/etc/rathole',
    '/etc/nginx',
    '/etc/sysctl.d',
    '/etc/systemd/system',
    '/usr/local/lib/reconcile',
    '/var/lib/reconcile',
  ],
  path: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  rotator: ROTATE,
  audit: AUDIT,
  syncer: SYNC_PROGRAM,
  joined: ETC,
};

/** Seconds after which a transaction is ended and backs out; slow mirrors need most of it. */
export const TRANSACTION_SECONDS = 900;
const BACK_OUT_SECONDS = 60;

/**
 * The command that takes a transaction from stdin, runs it, and follows it.
 *
 * The transaction runs in a session of its own and writes to a file, so neither a closed connection nor a full
 * pipe can touch it; the follower merely prints that file as it grows, up to the line that says the end.
 */
export function followCommand(places: Places): string {
  return `sh -c ${quote(`umask 077
trap '' HUP PIPE INT
tx=$(mktemp -d ${quote(places.run)}/reconcile.XXXXXXXX) || exit 71
cat >"$tx/script"
: >"$tx/out"
mkfifo "$tx/pipe"
setsid timeout -k ${BACK_OUT_SECONDS} ${TRANSACTION_SECONDS} sh "$tx/script" "$tx" $$ </dev/null >"$tx/out" 2>"$tx/said" &
worker=$!
tail -n +1 -f --pid="$worker" "$tx/out" >"$tx/pipe" 2>/dev/null &
sed -u '/^end /q' <"$tx/pipe"
wait "$worker"
code=$?
[ "$code" -le 1 ] || tail -n 5 "$tx/said" >&2
rm -rf "$tx"
exit "$code"`)}`;
}

/** What surrounds the steps: lock, journal, back-out. `work` is the list of steps, `undo` a case per step number. */
export function frame(places: Places): string {
  return `${AWAIT_LOCK}
prepare() {
  set -eu
  umask 077
  export LC_ALL=C PATH=${quote(places.path)} TMPDIR="$tx"
  state=${quote(places.state)}
  rotator=${quote(places.rotator)}
  audit_log=${quote(places.audit)}
  syncer=${quote(places.syncer)}
  joined=${quote(places.joined)}
  nginx_log=${quote(NGINX_ERRORS)}
  id=\${tx##*/}
  newline='
'
  kept='' made='' unwritten='' asked=''
  step=0
  committed=0
  exec 3>&1 >>"$tx/said" 2>&1
  # The follower's end, a closed terminal or a lost connection are nothing to a transaction.
  trap '' HUP PIPE INT
  trap 'exit 143' TERM
  trap finish EXIT
  # It is read by now, and may hold an API key.
  rm -f "$tx/script"
  exec 9>>${quote(places.lock)}
  await_lock || die 'another transaction has held the lock for ${LOCK_PATIENCE} s'
  tidy
}

# Sweeps up after transactions that were killed or cut off by a power failure.
tidy() {
  if [ -s "$state/journal" ] && ! tail -n 1 "$state/journal" | grep -q ' end '; then
    say "note an earlier transaction was killed: $(tail -n 1 "$state/journal" | cut -c 1-200)"
  fi
  find ${quote(places.run)} -maxdepth 1 -type d -name 'reconcile.*' -mmin +60 -exec rm -rf {} +
  set --
  for folder in ${places.swept.map(quote).join(' ')}; do
    [ ! -d "$folder" ] || set -- "$@" "$folder"
  done
  [ $# -eq 0 ] || find "$@" -xdev -depth \\( -type f -name '.*.reconcile' -o -name '.*.reconcile-old' \\) -exec rm -rf -- {} +
}

finish() {
  code=$?
  trap '' TERM
  trap - EXIT
  set +e
  if [ "$code" -eq 0 ]; then
    end=ok
  else
    say "failed $step"
    tail -n 20 "$tx/said" | cut -c 1-500 | sed 's/^/why /' >&3
    [ "$code" -ne 143 ] || say 'why the transaction was stopped from outside, or took too long'
    back_out
  fi
  [ -z "$kept" ] || printf %s "$kept" | xargs -r -d '\\n' rm -rf --
  journal "end $end"
  shorten "$state/journal"
  rm -f "$tx"/token.*
  kill -0 "$follower" 2>/dev/null || rm -rf "$tx"
  say "end $end"
  exit "$code"
}

# Files go back first, the last one first; then whatever had read them reads them again. What a rotation has built on
# stays.
back_out() {
  end=backed-out
  [ "$committed" -eq 0 ] || end=kept
  failed=$step
  while [ "$step" -gt "$committed" ]; do
    (set -e; undo) >"$tx/said" 2>&1
    result=$?
    [ "$result" -eq 0 ] || stuck
    step=$((step - 1))
  done
  while [ "$step" -lt "$failed" ]; do
    step=$((step + 1))
    (set -e; settle) >"$tx/said" 2>&1
    result=$?
    [ "$result" -eq 0 ] || stuck
  done
}

stuck() {
  end=stuck
  say "why step $step could not be undone: $(tail -n 3 "$tx/said" | tr '\\n' ' ')"
}

shorten() {
  [ "$(stat -c %s "$1" 2>/dev/null || echo 0)" -gt 1000000 ] || return 0
  fresh "$1" root root 0600 && tail -n 1000 "$1" >"$temp" && mv -f -T "$temp" "$1"
}
`;
}
