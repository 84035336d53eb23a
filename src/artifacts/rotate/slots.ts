import { DRAIN_SECONDS } from '../../model/rotation/operations.ts';
import { MARKER_LINE } from '../marker.ts';
import { SLOT_PORT } from '../slot.ts';

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
  given_up=$(print_given_up tcp) || exit
  [ -n "$given_up" ] || return 0
  # shellcheck disable=SC2086
  set -- $given_up
  turn_away "$@"
  drained=''
  for slot_address in "$@"; do
    [ -z "$(ss -H -K -l -t -n "src $slot_address:${SLOT_PORT}" 2>/dev/null)" ] || drained=yes
  done
  take_back
  [ -z "$drained" ] || sleep ${DRAIN_SECONDS}
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
