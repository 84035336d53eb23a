import { DRAIN_SECONDS } from '../../model/rotation/operations.ts';
import { MARKER_LINE } from '../marker.ts';

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
  drained=''
  observe_listeners
  for each in $batch; do
    read_service "\${each%:*}"
    [ "$protocol,$cutover" = tcp,blue-green ] || continue
    case $each,$(owners_of "$service") in
      *:finalize,'ours '*) set_slot "$current" ;;
      *:cancel,*' ours') set_slot "$next" ;;
      *) continue ;;
    esac
    [ -z "$(ss -H -K -l -t -n "src $slot" 2>/dev/null)" ] || drained=yes
  done
  [ -z "$drained" ] || sleep ${DRAIN_SECONDS}
}

# owners_of SERVICE: prints whose its current slot and its next one are, as far as was looked.
owners_of() { printf '%s\\n' "$observed" | awk -v "service=$1" '$3 == service { print $4, $5 }'; }
`;
