import { DRAIN_SECONDS, SETTLE_SECONDS } from '../../model/rotation/operations.ts';
import { MARKER_LINE } from '../marker.ts';
import { SLOT_PORT } from '../slot.ts';
import { LOAD_SECONDS } from './operations.ts';

/** nftables' table for slots that nobody new gets to, and the seconds after which the kernel forgets each. */
const TURNED_AWAY = 'reconcile_drain';
const TURNED_AWAY_SECONDS = 30;
/** At those who were there before, a twentieth of a second apart: a starved rathole takes its time. */
const LOOKS = 40;

/** Shell functions for the slots that nginx passes visitors to. */
export const SLOT_FILES = `
# A reload is due for each record that says so, whatever the files say: a kill may have come between file and reload.
switch_slots() {
  due=''
  set --
  for record in "$state"/rotation/*/record; do
    [ -f "$record" ] || continue
    service=\${record%/record}
    read_service "\${service##*/}"
    [ "$protocol,$cutover" = udp,blue-green ] || continue
    set_generations
    [ "$generations" = "$next" ] || continue
    due=yes
    set_slot "$next"
    beside "$slots/$service.conf"
    printf '%s\\n' '${MARKER_LINE.trimEnd()}' "server $slot max_fails=0;" >"$temp" || return
    set -- "$@" "$slots/$service.conf"
  done
  [ -n "$due" ] || return 0
  replace "$@" && load_slots
}

load_slots() {
  systemctl is-active --quiet nginx.service || return 0
  (check_nginx && reload_nginx)
}

# Nothing holds up a revocation: the datagrams of other services may then be lost until nginx is mended.
slots_not_switched() {
  case $todo in
    *:compromise*) status=1 ;;
    *) return 1 ;;
  esac
  say 'nginx did not take the UDP slots in use; the revocation goes on'
}

# rathole drops those who wait for a data channel of a generation that goes. Without its listener nginx passes whoever
# comes to the other slot, and rathole still serves whom it has accepted. A kernel that cannot end it leaves it as it is.
# A client may have come since this run began, so who listens is looked at anew.
drain_slots() {
  observe_listeners
  set --
  for each in $batch; do
    read_service "\${each%:*}"
    [ "$protocol,$cutover" = tcp,blue-green ] || continue
    case $each,$(owners_of "$service") in
      *:finalize,'ours '*) set_slot "$current" ;;
      *:cancel,*' ours') set_slot "$next" ;;
      *) continue ;;
    esac
    set -- "$@" "$slot_address"
  done
  [ $# -gt 0 ] || return 0
  turn_away "$@"
  drained=''
  for slot_address in "$@"; do
    [ -z "$(ss -H -K -l -t -n "src $slot_address:${SLOT_PORT}" 2>/dev/null)" ] || drained=yes
  done
  take_back
  [ -z "$drained" ] || sleep ${DRAIN_SECONDS}
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
  set --
  for slot_address in $late_slots; do
    case $slot_address in tcp/*) set -- "$@" "\${slot_address#tcp/}" ;; esac
  done
  [ $# -eq 0 ] || turn_away "$@"
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

# await_none_late SECONDS: fails when somebody is there after that, with late_slots: PROTOCOL/ADDRESS of each slot that the
# batch gives up and rathole listens at.
await_none_late() {
  while :; do
    observe_listeners
    late_slots=$(print_late_slots) || exit
    [ -n "$late_slots" ] || return 0
    ! is_older "$1" || return 1
    sleep 0.2
  done
}

# A compromised service gives up the slot of its new generation, too, as long as no client was told of that.
print_late_slots() {
  for each in $batch; do
    read_service "\${each%:*}"
    [ "$cutover" = blue-green ] || continue
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
  printf '%s\\n' "$protocol/$slot_address"
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

# turn_away SLOT_ADDRESS...: with a listener the kernel resets whom it has accepted and rathole has not yet. So nobody new
# gets there, and rathole takes those who are there, before it is ended. Without nft that moment is left to luck.
turn_away() {
  print_turned_away "$@" | nft -f - 2>/dev/null || return 0
  for _ in ${Array.from({ length: LOOKS }, (_, look) => look + 1).join(' ')}; do
    is_anyone_left "$@" || return 0
    sleep 0.05
  done
}

take_back() { nft delete table ip ${TURNED_AWAY} 2>/dev/null || :; }

# Forgotten by the kernel itself, should this run end before it takes it back.
print_turned_away() {
  elements=''
  for slot_address in "$@"; do elements="$elements $slot_address timeout ${TURNED_AWAY_SECONDS}s,"; done
  cat <<END
table ip ${TURNED_AWAY}
delete table ip ${TURNED_AWAY}
table ip ${TURNED_AWAY} {
  set slots {
    type ipv4_addr
    flags timeout
    elements = {$elements }
  }
  chain output {
    type filter hook output priority 0
    ip daddr @slots tcp dport ${SLOT_PORT} tcp flags & (syn | ack) == syn reject with tcp reset
  }
}
END
}

# is_anyone_left SLOT_ADDRESS...: whether the kernel has accepted somebody there and rathole has not
is_anyone_left() {
  left=" $(ss -H -l -t -n 'sport = :${SLOT_PORT}' | awk '$2 > 0 { printf "%s ", $4 }')"
  for slot_address in "$@"; do
    case $left in *" $slot_address:${SLOT_PORT} "*) return 0 ;; esac
  done
  return 1
}

# owners_of SERVICE: prints whose its current slot and its next one are, as far as was looked.
owners_of() { printf '%s\\n' "$observed" | awk -v "service=$1" '$3 == service { print $4, $5 }'; }
`;
