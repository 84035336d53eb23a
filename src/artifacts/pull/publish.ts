import { MARKER_LINE } from '../marker.ts';
import { HEAD } from '../paths.ts';
import { TRAILER } from './seal.ts';

/**
 * Shell functions for the programs on the server that write the files for clients: `publish_config CLIENT`,
 * `publish_notice CLIENT` and `publish_sync CLIENT`, in this order, for sync.conf names client.toml's SHA-256 and
 * clients poll only sync.conf. A file whose text stays is left alone; nothing half written is ever in place.
 *
 * They need `$state`, and of the rotation's functions `read_record SERVICE` (sets phase, next, staged_at and
 * finalize_at) and `served SERVICE` (prints the numbers of the generations that are served). Each runs in a shell of
 * its own, so no variable of theirs is the caller's, and whether the caller has `set -e` is nothing to them.
 */
export const PUBLISH = `
# seal FILE: appends the line that tells clients that the file is whole.
seal() {
  seal_sum=$(sha256sum <"$1") && printf '${TRAILER} %s\\n' "\${seal_sum%% *}" >>"$1"
}

# publish NEW FILE GROUP: NEW takes FILE's place for nginx, whose group reads it, unless they are the same.
# nginx's ETag is time in seconds and size: the time always rises, so that no two texts share one.
publish() {
  chgrp "$3" "$1" && chmod 0640 "$1" || return
  if [ ! -e "$2" ]; then
    sync "$1" && mv -f "$1" "$2"
    return
  fi
  if cmp -s "$1" "$2"; then
    rm -f "$1" && chgrp "$3" "$2" && chmod 0640 "$2"
    return
  fi
  moment=$(date +%s)
  before=$(stat -c %Y "$2") || return
  [ "$moment" -gt "$before" ] || moment=$((before + 1))
  touch -d "@$moment" "$1" && sync "$1" && mv -f "$1" "$2"
}

# publish_as CLIENT FILE COMMAND...: what the command prints becomes the client's file; a file that ends in .toml or
# .conf is sealed.
publish_as() {
  umask 077
  LC_ALL=C
  client_folder=$state/pull/$1
  client_file=$2
  shift 2
  new=$client_folder/.$client_file.reconcile
  nginx_group=''
  # shellcheck source=/dev/null
  if [ -f "$state/rotation/settings" ]; then . "$state/rotation/settings"; fi
  if [ -z "$nginx_group" ] || ! "$@" >"$new"; then return 1; fi
  case $client_file in *.toml | *.conf) seal "$new" || return ;; esac
  publish "$new" "$client_folder/$client_file" "$nginx_group"
}

publish_config() (publish_as "$1" client.toml print_config "$1")
publish_notice() (publish_as "$1" config print_notice "$1")
publish_sync() (publish_as "$1" sync.conf print_sync "$1")

# Prints a client's whole client.toml but for the seal: the fragments of what is served. Without a record, that is all.
print_config() {
  fragments=$state/fragments/client/$1
  set -- "$fragments/${HEAD}"
  for fragment in "$fragments"/50-*.g*.toml; do
    [ -f "$fragment" ] || continue
    name=\${fragment##*/50-}
    generation=\${name##*.g}
    generation=\${generation%.toml}
    service=\${name%.g*}
    numbers=$generation
    if [ -e "$state/rotation/$service/record" ]; then numbers=$(served "$service") || return; fi
    if is_among "$generation" "$numbers"; then set -- "$@" "$fragment"; fi
  done
  cat "$@"
}

# is_among NUMBER NUMBERS
is_among() {
  for number in $2; do
    [ "$number" -ne "$1" ] || return 0
  done
  return 1
}

# Prints the names of a client's services that are staged, a line each.
staged_services() {
  grep -l -x -F -e "client=$1" "$state"/rotation/*/policy 2>/dev/null | while IFS= read -r policy; do
    service=\${policy%/policy}
    service=\${service##*/}
    [ -e "$state/rotation/$service/record" ] || continue
    read_record "$service" || return
    case $phase in staging | staged) printf '%s\\n' "$service" ;; esac
  done
}

# Prints the pending rotation of a client's services as JSON. Tokens go from file to file by way of awk alone.
print_notice() {
  services=$(staged_services "$1") || return
  [ -n "$services" ] || {
    printf '{"status":"no_pending_rotation"}\\n'
    return
  }
  generated=0
  earliest=0
  set -- "$1"
  for service in $services; do
    read_record "$service" || return
    [ "$staged_at" -le "$generated" ] || generated=$staged_at
    if [ "$earliest" -eq 0 ] || [ "$finalize_at" -lt "$earliest" ]; then earliest=$finalize_at; fi
    fragment=$state/rotation/$service/g$next/client.toml
    [ -f "$fragment" ] || fragment=$state/fragments/client/$1/50-$service.g$next.toml
    set -- "$@" "$fragment"
  done
  shift
  printf '{"generated":"%s","finalize_at":"%s","tokens":{' "$(iso_time "$generated")" "$(iso_time "$earliest")" &&
    cat "$@" | awk '
      /^\\[client\\.services\\./ { name = substr($0, 18, length($0) - 18); if (name !~ /^"/) name = "\\"" name "\\"" }
      sub(/^token = /, "") { printf "%s%s:%s", (count++ ? "," : ""), name, $0 }
      END { exit !count }' && printf '}}\\n'
}

iso_time() { date -u -d "@$1" +%Y-%m-%dT%H:%M:%SZ; }

# Prints a client's sync.conf but for the seal.
print_sync() {
  sum=$(sed -n '$s/^${TRAILER} //p' "$state/pull/$1/client.toml") && [ -n "$sum" ] || return 1
  printf '%s\\n' '${MARKER_LINE.trimEnd()}'
  sed -n 's/^server=/server = /p' "$state/clients/$1/settings" &&
    sed -n 's/^poll=/poll = /p' "$state/clients/$1/settings" || return
  printf 'client_toml = %s\\n' "$sum"
  services=$(staged_services "$1") || return
  earliest=0
  for service in $services; do
    read_record "$service" || return
    if [ "$earliest" -eq 0 ] || [ "$finalize_at" -lt "$earliest" ]; then earliest=$finalize_at; fi
  done
  [ "$earliest" -eq 0 ] || printf 'finalize_at = %s\\n' "$earliest"
  print_successor "$1"
}

# A key's successor is told from its announcement until the old key ends.
print_successor() {
  [ -e "$state/clients/$1/key" ] || return 0
  read -r key_phase _ key_next _ <"$state/clients/$1/key"
  case $key_phase in
    announcing | announced) printf 'key = ' && cat "$state/keys/$1.k$key_next" && printf '\\n' ;;
  esac
}
`;
