import { KEY_MAP } from '../../artifacts/pull/key-map.ts';
import { PUBLISH } from '../../artifacts/pull/publish.ts';
import { AUDIT_ENTRIES } from '../../artifacts/rotate/audit.ts';

/** The shell functions for what clients pull, their keys, and connections that end. See library.ts. */
export const PULL = `${PUBLISH}${KEY_MAP}${AUDIT_ENTRIES}
# make_key CLIENT NUMBER
make_key() {
  [ ! -s "$state/keys/$1.k$2" ] || return 0
  fresh "$state/keys/$1.k$2" root root 0600
  random_hex 16 >"$temp"
  replace "$state/keys/$1.k$2"
}

# record_key CLIENT FOUND PHASE CURRENT NEXT: FOUND is what the record must say, but for its time; empty: no record.
record_key() {
  record=$state/clients/$1/key
  if [ -z "$2" ]; then
    expect_absent "$record"
  else
    [ "$(cut -d ' ' -f 1-3 "$record")" = "$2" ] || die "the key of $1 was changed after this was planned"
  fi
  made_at=$(stat -c %Y "$state/keys/$1.k$4")
  fresh "$record" root root 0600
  printf '%s %s %s %s\\n' "$3" "$4" "$5" "$made_at" >"$temp"
  replace "$record"
}

# audit_key CLIENT ACTION NUMBER REASON
audit_key() {
  service=$1 now=$(date +%s)
  if is_audited "$1" "$2-key" "$3"; then return 0; fi
  print_entry "$2-key" "$3" ok "$4" | append_entries
}

# audit_secret token|key make|revoke TARGET NUMBER REASON: again after a transaction that was killed, which may have
# done it or not.
audit_secret() {
  service=$3 now=$(date +%s)
  print_entry "$2-$1" "$4" ok "$5" | append_entries
  : >"$tx/changed.$step"
}

# audit_again token|key make|revoke TARGET NUMBER: what was said is not so.
audit_again() {
  [ -e "$tx/changed.$step" ] || return 0
  service=$3 now=$(date +%s)
  print_entry "$2-$1" "$4" backed-out 'the transaction was backed out' | append_entries
}

# write_key_map PATH
write_key_map() {
  fresh "$1" root root 0600
  print_key_map >"$temp"
  replace "$1"
}

# publish_client CLIENT
publish_client() {
  for file in client.toml config sync.conf; do keep "$state/pull/$1/$file"; done
  publish_config "$1"
  publish_notice "$1"
  publish_sync "$1"
}

# withdraw CLIENT: undoes publish_client. What comes back has a later time than what goes, as every text that clients see.
withdraw() {
  for file in sync.conf config client.toml; do
    file=$state/pull/$1/$file
    published=$(stat -c %Y "$file" 2>/dev/null) || published=0
    beside "$file"
    if [ "$published" -gt 0 ] && [ -n "$(find "$old" -samefile "$file" 2>/dev/null)" ]; then
      continue
    fi
    restore "$file"
    [ ! -e "$file" ] || touch -d "@$((published + 1))" "$file"
  done
}

remove_folder() {
  [ -d "$1" ] || return 0
  beside "$1"
  rm -rf -- "$old"
  kept="$kept$old$newline"
  mv -T -- "$1" "$old"
  sync -- "\${1%/*}"
}

# cut_connections ADDRESS PORT, IPv6 in brackets: once nothing listens there any more, which takes a moment.
cut_connections() {
  case $1 in
    0.0.0.0) family=-4 where="sport = :$2" ;;
    '[::]') family=-6 where="sport = :$2" ;;
    *) family=-t where="src $1 and sport = :$2" ;;
  esac
  looks=0
  until ! listened_on "$1" "$2" && [ -z "$(ss -H -t -n "$family" state connected "( $where )")" ]; do
    looks=$((looks + 1))
    [ "$looks" -lt 100 ] || die "connections to $1:$2 go on: does this kernel let ss end them?"
    listened_on "$1" "$2" || ss -H -t -n "$family" -K state connected "( $where )" >/dev/null
    sleep 0.05
  done
}

# A dual-stack socket on every address is shown as *.
listened_on() {
  ss -H -l -n -t "sport = :$2" | awk -v at="$1:$2" -v any="*:$2" '
    $4 == at || $4 == any && at ~ /^\\[::\\]/ { found = 1 }
    END { exit !found }'
}
`;
