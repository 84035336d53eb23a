import { HEAD } from '../paths.ts';

/** server.toml's backups: so many at most, so many days at most, and always the last one. */
const BACKUPS_KEPT = 50;
const BACKUP_DAYS = 90;

/**
 * The operations on what rathole and the record know, each for all services whose action has it: `batch` is a list of
 * SERVICE:ACTION. Each may be repeated after a kill anywhere.
 */
export const OPERATIONS_ON_SERVER = `
replaced_at=0

arm() {
  [ ! -e "$pending" ] || return 0
  beside "$pending"
  print_pending >"$temp" && replace "$pending"
}

decide_all() { write_records decide_record; }

settle_all() { write_records settle_record; }

# write_records COMMAND: replaces the records of the batch by what the command makes of them for their actions.
write_records() {
  set -- "$1"
  for each in $batch; do
    read_service "\${each%:*}"
    set_line
    before=$line
    "$1" "\${each#*:}"
    set_line
    [ "$line" != "$before" ] || continue
    beside "$state/rotation/$service/record"
    printf '%s\\n' "$line" >"$temp" || return
    set -- "$@" "$state/rotation/$service/record"
  done
  shift
  replace "$@"
}

# A generation appears in its service's folder whole, and from there in the folders of fragments.
make_tokens() {
  make_generations && copy_generations
}

make_generations() {
  set --
  for each in $batch; do
    read_service "\${each%:*}"
    set_fragments
    if [ -f "$server_fragment" ] && [ -f "$client_fragment" ]; then continue; fi
    [ -d "$generation" ] || set -- "$@" "$service"
  done
  [ $# -gt 0 ] || return 0
  tokens=$(od -A n -v -t x1 -N $((32 * $#)) /dev/urandom | tr -d ' \\n' | fold -w 64)
  new_generations=$*
  set --
  for service in $new_generations; do
    read_service "$service"
    set_fragments
    beside "$generation"
    mkdir -p -- "$temp" || return
    token=\${tokens%%"$newline"*}
    tokens=\${tokens#*"$newline"}
    [ \${#token} -eq 64 ] || return
    fill "$state/rotation/$service/server.template" >"$temp/server.toml" || return
    fill "$state/rotation/$service/client.template" >"$temp/client.toml" || return
    set -- "$@" "$temp/server.toml" "$temp/client.toml"
  done
  tokens='' token=''
  flush "$@" || return
  set --
  for service in $new_generations; do
    read_service "$service"
    set_fragments
    set -- "$@" "$generation"
  done
  replace "$@"
}

copy_generations() {
  set --
  for each in $batch; do
    read_service "\${each%:*}"
    set_fragments
    if [ ! -f "$server_fragment" ]; then
      beside "$server_fragment"
      copy "$generation/server.toml" || return
      set -- "$@" "$server_fragment"
    fi
    if [ ! -f "$client_fragment" ]; then
      beside "$client_fragment"
      copy "$generation/client.toml" || return
      set -- "$@" "$client_fragment"
    fi
  done
  replace "$@"
}

# copy FILE: to temp, without a process of its own.
copy() {
  while IFS= read -r line; do printf '%s\\n' "$line"; done <"$1" >"$temp"
}

# Of the service's next generation.
set_fragments() {
  generation=$state/rotation/$service/g$next
  server_fragment=$state/fragments/server/50-$service.g$next.toml
  client_fragment=$state/fragments/client/$client/50-$service.g$next.toml
}

# fill TEMPLATE: prints it with the token, the number, rathole's name and the address of the next generation.
fill() {
  set_slot "$next"
  while IFS= read -r line; do
    put @TOKEN@ "$token"
    put @GENERATION@ "$next"
    put @NAME@ "$service.g$next"
    put @ADDRESS@ "$slot"
    printf '%s\\n' "$line"
  done <"$1"
}

# put WORD VALUE: in place of the word in line.
put() {
  filled=''
  while :; do
    case $line in
      *"$1"*) ;;
      *) break ;;
    esac
    filled=$filled\${line%%"$1"*}$2
    line=\${line#*"$1"}
  done
  line=$filled$line
}

join_server() {
  beside "$server_toml"
  print_server_toml >"$temp" || return
  if cmp -s -- "$temp" "$server_toml"; then
    rm -f -- "$temp"
    return
  fi
  back_up && beside "$server_toml" && put_server_toml
}

# Of all services; what no record names is joined as it is.
print_server_toml() {
  set -- "$state/fragments/server/${HEAD}"
  for fragment in "$state"/fragments/server/*.toml; do
    if is_joined "\${fragment##*/}"; then set -- "$@" "$fragment"; fi
  done
  cat -- "$@"
}

# What stands beside it becomes server.toml. Sets replaced_at: its time is that of its text, and the disk may be slow.
put_server_toml() {
  chown -- "$server_owner" "$temp" && chmod 0640 "$temp" && replace "$server_toml" && replaced_at=$(date +%s)
}

# is_joined FILE_NAME
is_joined() {
  case $1 in
    ${HEAD}) return 1 ;;
    50-*.g*.toml) ;;
    *) return 0 ;;
  esac
  service=\${1#50-}
  number=\${service##*.g}
  number=\${number%.toml}
  service=\${service%.g*}
  [ -f "$state/rotation/$service/record" ] || return 0
  read_service "$service"
  set_generations
  case " $generations " in *" $number "*) ;; *) return 1 ;; esac
}

back_up() {
  [ -f "$server_toml" ] || return 0
  copy=$etc/backups/server.toml.$(date -u +%Y%m%d_%H%M%S)
  if [ ! -e "$copy" ]; then
    mkdir -p -- "$etc/backups" && beside "$copy" && cat -- "$server_toml" >"$temp" && replace "$copy" || return
  fi
  set -- "$etc"/backups/server.toml.*
  while [ $# -gt ${BACKUPS_KEPT} ]; do
    rm -f -- "$1"
    shift
  done
  find "$etc/backups" -maxdepth 1 -type f -name 'server.toml.*' ! -path "$copy" -mtime +${BACKUP_DAYS} -exec rm -f -- {} +
}

# Removes the fragments that records no longer serve; the ones that are joined have all been copied.
remove_generations() {
  set --
  for each in $batch; do
    read_service "\${each%:*}"
    set_generations
    for fragment in "$state"/fragments/server/50-"$service".g*.toml "$state"/fragments/client/*/50-"$service".g*.toml; do
      number=\${fragment##*.g}
      case " $generations " in
        *" \${number%.toml} "*) ;;
        *) set -- "$@" "$fragment" ;;
      esac
    done
    set -- "$@" "$state/rotation/$service"/g[0-9]* "$state/rotation/$service"/.g*.reconcile
  done
  rm -rf -- "$@"
}

# Clients' files: each client of the batch once.
publish_all() {
  published=' '
  for each in $batch; do
    read_service "\${each%:*}"
    case $published in *" $client "*) continue ;; esac
    published="$published$client "
    "$1" "$client" || return
  done
}
`;
