import { MARKER_LINE } from '../marker.ts';

/** The defaults are for real machines; tests are less patient. */
export interface SyncOptions {
  /** Where a client keeps its folders, one per host of its tunnels. */
  readonly root: string;
  /** How long a connection, a TLS handshake or a silence may last. */
  readonly connectSeconds: number;
  /** How long one request may last. */
  readonly totalSeconds: number;
}

/** How the sync step opens: what it is, how it ends, and the words that every part uses. */
export const preamble = ({ root, connectSeconds, totalSeconds }: SyncOptions) => String.raw`#!/bin/sh
${MARKER_LINE}# Follows the configuration that this machine's rathole server has for it.
#
# Usage: sync HOST                 polls now
#        sync --tick SECONDS HOST  for a timer that fires every SECONDS: polls when a poll is due, and once more
#                                  just after a finalize_at that falls before the next tick
#
# Exit status:
#   0  nothing new, a new configuration is in place, or no poll is due
#   1  cannot run here: usage, no such folder or key, a program is missing
#   2  not accepted: the server does not know this machine's key
#   3  not reached: no network, no name, timeout, 5xx, too many requests
#   4  the server's certificate is refused; the log says so when the clock looks wrong
#   5  the answer is not ours or not whole: captive portal, cut off, altered
#   6  cannot write: disk full, read-only
#   7  another run is at work
# In all but 0, client.toml is what it was.
#
# Files in ${root}/HOST: key (0600), sync.conf (0600), client.toml (0640), ca.pem where the server has its own CA.

set -u
umask 077
silence_seconds=${connectSeconds}
request_seconds=${totalSeconds}
LC_ALL=C
export LC_ALL

say() { printf 'reconcile-sync %s: %s\n' "$host" "$1" >&2; }

# die STATUS MESSAGE
die() {
  say "$2"
  exit "$1"
}

cannot_write() { die 6 "cannot write $1: is the disk full or read-only?"; }

is_number() {
  case $1 in
    '' | *[!0-9]* | 0?* | ?????????????*) return 1 ;;
  esac
}

enter_folder() {
  case $host in
    '' | .* | */*) die 1 'usage: sync [--tick SECONDS] HOST' ;;
  esac
  cd "${root}/$host" 2>/dev/null || die 1 'no folder ${root}/'"$host"': install the bundle'
  if [ ! -r key ] || [ ! -r sync.conf ]; then die 1 'no key or no sync.conf: install the bundle again'; fi
}

# A wget that does not verify certificates would hand the key to anybody.
choose_tool() {
  for program in sha256sum flock timeout cmp; do
    command -v "$program" >/dev/null 2>&1 || die 1 "$program is missing: install it"
  done
  if command -v curl >/dev/null 2>&1; then
    tool=curl
  elif wget --version 2>/dev/null | grep -q '^GNU Wget 1\.'; then
    tool=wget
  elif command -v wget >/dev/null 2>&1; then
    die 1 'this wget is not GNU wget (busybox wget verifies no certificates): install curl or GNU wget'
  else
    die 1 'neither curl nor GNU wget is here: install one'
  fi
}
`;
