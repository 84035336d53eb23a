import { MARKER_LINE } from '../marker.ts';
import { FOLD, LOGS, PULL_LOG, SEEN, STATE } from '../paths.ts';
import { SANDBOX } from '../sandbox.ts';

/** About 16 bytes of clients and files each; beyond it the oldest are forgotten. */
const MOST_LINES = 100_000;
/** When the log can't be emptied without losing a line, it may grow to this many bytes. */
const MOST_BYTES = 16 << 20;

/**
 * An awk program that reads the last-seen file and nginx's log, and prints of each client, key and file the last
 * answer: `CLIENT KEYNUMBER FILE STATUS ETAG UNIXTIME` (ETAG without quotes, `-` where there was none).
 * Only 200 and 304 count; a line that is not wholly one of ours is none. Nor is one from the future (`now`): it was
 * written before the clock was set back, and would pass for the last answer until that time has come again.
 */
const SEEN_AWK = String.raw`
  function see(client, number, file, status, etag, time,   name) {
    if (time + 0 > now + 60) return
    name = client " " number " " file
    if (name in last && times[name] + 0 > time + 0) return
    times[name] = time
    last[name] = status " " etag " " time
  }
  /^[a-z][a-z0-9_-]* [0-9]+ [a-z.]+ (200|304) [0-9a-f-]+ [0-9]+$/ { see($1, $2, $3, $4, $5, $6); next }
  /^\{"time":[0-9]+\.[0-9]+,"client":"[a-z][a-z0-9_-]*","key":"[a-z][a-z0-9_-]*\.k[0-9]+","file":"\/api\/v1\/[a-z.]+","status":(200|304),"etag":"(\\"[0-9a-f-]+\\")?"\}$/ {
    split($0, part, "\"")
    split(part[3], moment, /[:.]/)
    number = part[10]
    sub(/.*\.k/, "", number)
    file = part[14]
    sub(/.*\//, "", file)
    etag = part[21]
    gsub(/[^0-9a-f-]/, "", etag)
    see(part[6], number, file, substr(part[17], 2, 3), etag == "" ? "-" : etag, moment[2])
  }
  END { for (name in last) print name, last[name] }`;

/**
 * A shell function: `last_seen` prints those lines, from the last-seen file and what nginx has logged since. It needs
 * `$state` and `$pull_log`.
 */
export const LAST_SEEN = `
last_seen() {
  set --
  for said in "$state/seen" "$pull_log"; do
    [ ! -f "$said" ] || set -- "$@" "$said"
  done
  [ $# -eq 0 ] || awk -v now="$(date +%s)" '${SEEN_AWK}
  ' "$@"
}
`;

/** The places are other ones in tests. */
export interface FoldPlaces {
  readonly state: string;
  readonly log: string;
}

/** The program that the timer runs: it folds the log into the last-seen file and empties it, so that neither grows. */
export function foldScript({ state, log }: FoldPlaces = { state: STATE, log: PULL_LOG }): string {
  return `#!/bin/sh
${MARKER_LINE}# Folds nginx's log of pulls into the last-seen file. Cut off anywhere, the next run does it again.
set -eu
umask 077
LC_ALL=C
export LC_ALL
state=${state}
pull_log=${log}
${LAST_SEEN}
fold() {
  [ -s "$pull_log" ] || exit 0
  new=$state/.seen.reconcile
  size=$(stat -c %s "$pull_log")
  last_seen | sort -k 6,6nr | head -n ${MOST_LINES} >"$new"
  sync "$new"
  mv -f "$new" "$state/seen"
  # What nginx wrote meanwhile is not folded yet: then the log stays until the next look.
  if [ "$(stat -c %s "$pull_log")" -eq "$size" ] || [ "$size" -gt ${MOST_BYTES} ]; then
    : >"$pull_log"
    exit 0
  fi
}

main() {
  for _ in 1 2 3 4 5; do fold; done
}

main
`;
}

export function foldService(): string {
  return `${MARKER_LINE}
[Unit]
Description=Folds the log of pulls into ${SEEN}

[Service]
Type=oneshot
ExecStart=${FOLD}
TimeoutStartSec=2min
ReadWritePaths=${STATE} ${LOGS}
# The log is the workers' file once nginx has reopened it.
CapabilityBoundingSet=CAP_DAC_OVERRIDE
MemoryDenyWriteExecute=yes
${SANDBOX}RestrictAddressFamilies=AF_UNIX
`;
}

export function foldTimer(): string {
  return `${MARKER_LINE}
[Unit]
Description=Folds the log of pulls

[Timer]
OnCalendar=*:0/5
RandomizedDelaySec=60s

[Install]
WantedBy=timers.target
`;
}
