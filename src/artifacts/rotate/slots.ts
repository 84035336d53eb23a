import { DRAIN_SECONDS, SETTLE_SECONDS } from '../../model/rotation/operations.ts';
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
drain_slots() {
  end_listeners
  [ -z "$ended" ] || sleep ${DRAIN_SECONDS}
}

# rathole looks a service up when a login begins. Whose generation went before he had proven his token is let in all the
# same, and listened for at a slot that nobody looks after any more: visitors would be passed there even when he is gone.
# Of a client that was connected no login was under way; of the others, and of whoever else has a token that is
# compromised, one may have been, and is waited for.
sweep_slots() {
  if is_login_likely && ! is_older ${SETTLE_SECONDS}; then sleep ${SETTLE_SECONDS}; fi
  end_listeners
  if [ -n "$ended" ] && among compromise; then cut_connections; fi
}

is_login_likely() {
  for each in $batch; do
    read_service "\${each%:*}"
    [ "$protocol,$cutover" = tcp,blue-green ] || continue
    case $each,$(owners_of "$service") in
      *:finalize,'ours '* | *:cancel,*' ours') ;;
      *) return 0 ;;
    esac
  done
  return 1
}

# Ends rathole's listeners at the slots that the batch gives up. Sets ended if there were any. A client may have come since
# it was last looked, so that is done anew.
end_listeners() {
  observe_listeners
  ended=''
  set --
  for slot_address in $(print_given_up); do set -- "$@" "$slot_address"; done
  [ $# -gt 0 ] || return 0
  turn_away "$@"
  for slot_address in "$@"; do
    [ -z "$(ss -H -K -l -t -n "src $slot_address:${SLOT_PORT}" 2>/dev/null)" ] || ended=yes
  done
  nft delete table ip ${TURNED_AWAY} 2>/dev/null || :
}

# Of a compromised service the slot of its new generation is given up, too, as long as no client was told of that.
print_given_up() {
  for each in $batch; do
    read_service "\${each%:*}"
    [ "$protocol,$cutover" = tcp,blue-green ] || continue
    owners=$(owners_of "$service")
    case $each,$owners in *:finalize,'ours '* | *:compromise,'ours '*) print_slot "$current" ;; esac
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

# turn_away SLOT_ADDRESS...: with a listener the kernel resets whom it has accepted and rathole has not yet. So nobody new
# gets there, and rathole takes those who are there, before it is ended. Without nft that moment is left to luck.
turn_away() {
  print_turned_away "$@" | nft -f - 2>/dev/null || return 0
  for _ in ${Array.from({ length: LOOKS }, (_, look) => look + 1).join(' ')}; do
    is_anyone_left "$@" || return 0
    sleep 0.05
  done
}

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
