import { SETTLE_SECONDS } from '../../model/rotation/operations.ts';

/** For how long rathole may take to load server.toml before it is said that it does not. */
const LOAD_SECONDS = 10;

/** Shell functions for what is left at the slots that a generation gives up: connections, and whoever was let in late. */
export const GIVEN_UP = `
# Ends what is open through the old slots, once rathole has given up their listeners.
cut_connections() {
  await_closed || return
  for each in $batch; do
    read_service "\${each%:*}"
    [ "$protocol" = tcp ] || continue
    set_slot 0
    end_through "$slot" || return
    set_slot 1
    end_through "$slot" || return
  done
}

# end_through ADDRESS:PORT
end_through() {
  set -- "src $1"
  case $1 in
    'src 0.0.0.0:'* | 'src [::]:'*) set -- "sport = :\${1##*:}" ;;
  esac
  open=$(print_open "$1")
  ss -H -K -t -n state connected "$1" >/dev/null || return
  # New ones are a client's that has come with the new token.
  if [ -z "$open" ] || ! print_open "$1" | grep -q -x -F -e "$open"; then return 0; fi
  say "this kernel cannot end the connections of $service ($1): restart rathole-server, which ends those of all services"
  return 1
}

# print_open FILTER: both ends of each connection
print_open() { ss -H -t -n state established "$1" | awk '{ print $3, $4 }'; }

# rathole loads a file within 2 seconds, unless its host is starved: who still listens after that was let in late, or the
# file is not loaded. The slot that the new generation shares, or in place its address, may be listened at again by then, by
# a client that has come with the new token.
await_closed() {
  until are_closed; do
    if is_older ${SETTLE_SECONDS}; then
      end_late || return
      if are_old_slots_closed; then return 0; fi
    fi
    if is_older ${LOAD_SECONDS}; then
      not_loaded
      return 1
    fi
    sleep 0.05
  done
}

not_loaded() { say 'rathole-server has not loaded server.toml: an old generation still listens'; }

# is_older SECONDS
is_older() {
  since=$(stat -c %Y -- "$server_toml")
  [ "$replaced_at" -le "$since" ] || since=$replaced_at
  [ $(($(date +%s) - since)) -gt "$1" ]
}

are_closed() { are_unlistened 'both'; }

are_old_slots_closed() { are_unlistened 'other'; }

# are_unlistened both|other: whether nobody listens at the slots of the batch; other: than that of its next generation
are_unlistened() {
  listening=" $(ss -H -l -t -u -n | awk '{ printf "%s/%s ", $1, $5 }')"
  for each in $batch; do
    read_service "\${each%:*}"
    set_slot $((next + 1))
    if [ "$1" = both ] || [ "$cutover" = blue-green ]; then
      case $listening in *" $protocol/$slot "*) return 1 ;; esac
    fi
    set_slot "$next"
    if [ "$1" = both ]; then
      case $listening in *" $protocol/$slot "*) return 1 ;; esac
    fi
  done
}

# rathole looks a service up when a login begins. Whose generation went before he had proven his token is let in all the
# same, and listened for at a slot that nobody looks after any more: visitors are passed there, even when he is gone.
# Where a client listened at the slot it was not logging in; elsewhere, and with a token that is compromised, somebody may
# have been, which is over after those seconds.
sweep_slots() {
  if is_login_likely && ! is_older ${SETTLE_SECONDS}; then sleep ${SETTLE_SECONDS}; fi
  late=''
  end_late || return
  if [ -n "$late" ] && among compromise; then cut_connections; fi
}

is_login_likely() {
  for each in $batch; do
    read_service "\${each%:*}"
    [ "$cutover" = blue-green ] || continue
    case $each,$(owners_of "$service") in
      *:finalize,'ours '* | *:cancel,*' ours') ;;
      *) return 0 ;;
    esac
  done
  return 1
}

# What rathole has not dropped when it has had its time is there for whom it has let in late: it drops those when their
# service is added, so the ones that are gone come back for a moment, with a token that nobody has. To end only the
# listener (ss -K) would leave rathole complaining once a second. Sets late if there were any.
end_late() {
  await_none_late ${SETTLE_SECONDS} && return
  late=yes
  given_up=$(print_given_up tcp) || exit
  # shellcheck disable=SC2086
  [ -z "$given_up" ] || turn_away $given_up
  beside "$server_toml"
  { print_server_toml && print_gone; } >"$temp" && put_server_toml || return
  await_none_late ${LOAD_SECONDS} || {
    not_loaded
    return 1
  }
  take_back
  beside "$server_toml"
  print_server_toml >"$temp" && put_server_toml
}

# await_none_late SECONDS: fails when rathole listens at a slot that the batch gives up after that, too.
await_none_late() {
  while :; do
    observe_listeners
    given_up=$(print_given_up tcp udp) || exit
    [ -n "$given_up" ] || return 0
    ! is_older "$1" || return 1
    sleep 0.2
  done
}

# print_given_up PROTOCOL...: the addresses of the slots that the batch gives up, and at which rathole listens. A compromised
# service gives up that of its new generation, too, as long as no client was told of it.
print_given_up() {
  protocols=" $* "
  for each in $batch; do
    read_service "\${each%:*}"
    case $cutover,$protocols in "blue-green,"*" $protocol "*) ;; *) continue ;; esac
    owners=$(owners_of "$service")
    case $each,$owners in *:finalize,'ours '* | *:compromise,'ours '*) print_slot $((next + 1)) ;; esac
    case $each,$owners in
      *:cancel,*' ours') print_slot "$next" ;;
      *:compromise,*' ours') is_published || print_slot "$next" ;;
    esac
  done
}

print_slot() {
  set_slot "$1"
  printf '%s\\n' "$slot_address"
}

is_published() { grep -q -s -F -e "\\"$service.g$next\\"" -- "$state/pull/$client/client.toml"; }

# The batch's generations that are not served any more.
print_gone() {
  token=$(od -A n -v -t x1 -N 32 /dev/urandom | tr -d ' \\n')
  for each in $batch; do
    read_service "\${each%:*}"
    [ "$cutover" = blue-green ] || continue
    for fragment in "$state"/fragments/server/50-"$service".g*.toml; do
      is_joined "\${fragment##*/}" || print_with_token "$fragment" "$token" || return
    done
  done
  token=''
}

# print_with_token FRAGMENT TOKEN
print_with_token() {
  while IFS= read -r line; do
    case $line in 'token = '*) line="token = \\"$2\\"" ;; esac
    printf '%s\\n' "$line"
  done <"$1"
}
`;
