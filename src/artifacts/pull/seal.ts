/** The beginning of the last line, which a SHA-256 of all before it follows: a file without it is not whole. */
export const TRAILER = '# reconcile sha256';

/**
 * Shell functions for the programs on the server that write the files for clients.
 * client.toml goes first and sync.conf last: sync.conf names client.toml's SHA-256, and clients poll only sync.conf.
 */
export const PUBLISH = String.raw`
# seal FILE: appends the line that tells clients that the file is whole. Sets sum to the SHA-256 in it.
seal() {
  sum=$(sha256sum <"$1" | cut -c 1-64) && printf '${TRAILER} %s\n' "$sum" >>"$1"
}

# publish NEW FILE GROUP: NEW takes FILE's place for nginx, whose group reads it, unless they are the same.
# nginx's ETag is time in seconds and size: the time always rises, so that no two texts share one.
publish() {
  if cmp -s "$1" "$2"; then
    rm -f "$1"
    return
  fi
  moment=$(date +%s)
  before=$(stat -c %Y "$2" 2>/dev/null) || before=0
  [ "$moment" -gt "$before" ] || moment=$((before + 1))
  chgrp "$3" "$1" && chmod 0640 "$1" && touch -d "@$moment" "$1" && sync "$1" && mv -f "$1" "$2"
}
`;
