/** Shell functions that put files in their places. See the rules of every prefix in docs/rotation.md. */
export const FILES = `
say() { printf 'rotate: %s\\n' "$*" >&2; }

die() {
  say "$@"
  exit 1
}

# beside PATH: the temporary file that is to take its place. Sets temp.
beside() { temp=\${1%/*}/.\${1##*/}.reconcile; }

# replace PATH...: what stands beside each takes its place, for good. The paths of one call are in one file system.
replace() {
  [ $# -gt 0 ] || return 0
  count=$#
  for path in "$@"; do
    beside "$path"
    set -- "$@" "$temp"
  done
  shift "$count"
  flush "$@" || return
  for temp in "$@"; do
    path=\${temp##*/.}
    path=\${temp%/*}/\${path%.reconcile}
    mv -f -T -- "$temp" "$path" || return
    set -- "$@" "\${path%/*}"
  done
  shift "$count"
  flush "$@"
}

# flush PATH...: to the disk; many all at once, with whatever else their file system has to write.
flush() {
  if [ $# -gt 4 ]; then sync -f -- "$1"; else sync -- "$@"; fi
}

# replace_changed PATH: as replace, unless it would say the same.
replace_changed() {
  beside "$1"
  if cmp -s -- "$temp" "$1"; then rm -f -- "$temp"; else replace "$1"; fi
}
`;
