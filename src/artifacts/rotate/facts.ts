import { SETTLE_SECONDS } from '../../model/rotation/operations.ts';
import { LISTENERS } from './listeners.ts';

/** Probes at once, each a process of its own. */
const PROBES = 32;
/** Seconds for which a probe is believed, so that a run each second does not visit the client each second. */
const BELIEVED_SECONDS = 10;
/** rathole gives up the listener of a client that is gone at the third visitor, and notices that a moment later. */
const KNOCKS = 5;
/** Bytes of nginx's pull log that are looked through: the fold into `seen` has all before them. */
const LOG_BYTES = 20_000_000;

/** Shell functions that look at the host: everything once per run, whatever the number of services. */
export const FACTS_OF_HOST = `
observe() {
  now=$(date +%s) || die 'the clock cannot be read'
  at_most=1
  # shellcheck source=/dev/null
  if [ -f "$state/rotation/settings" ]; then . "$state/rotation/settings"; fi
  file=settled
  if [ -e "$server_toml" ] && [ $((now - $(stat -c %Y -- "$server_toml"))) -lt ${SETTLE_SECONDS} ]; then file=young; fi
  observe_listeners
  count_moving
}

# Sets observed: a line per enrolled service, MOTION ROTATED_AT SERVICE CURRENT_SLOT NEXT_SLOT; those in motion first,
# then the oldest token first, an unknown age being the oldest.
observe_listeners() {
  rathole=$(systemctl show --property=MainPID --value rathole-server.service) || die 'systemd does not answer'
  look_who_listens || die "ss does not tell who listens: $listening"
  services=$(print_services) || exit
  observed=$(printf '%s\\n\\n%s\\n' "$listening" "$services" | read_listeners) || die 'awk does not say who listens'
  observed=$(printf '%s\\n' "$observed" | sort -k 1,1nr -k 2,2n -k 3,3) || die 'sort fails'
}

# Who listens at the services' slots; see there.
read_listeners() { awk -v "rathole=$rathole" '${LISTENERS}'; }

print_services() {
  for record in "$state"/rotation/*/record; do
    [ -f "$record" ] || continue
    service=\${record%/record}
    service=\${service##*/}
    [ -f "$state/rotation/$service/policy" ] || continue
    read_service "$service"
    motion=0
    if in_motion; then motion=1; fi
    since=$rotated_at
    if [ "$since" = - ]; then since=0; fi
    set_addresses
    printf '%s\\n' "$motion $since $service $protocol $current_slot $next_slot"
  done
}

# Sets current_slot and next_slot, as ADDRESS PORT. Without a current generation it is the slot that the next one leaves.
set_addresses() {
  following=$next
  if [ "$next" -eq 0 ]; then set_following; fi
  set_slot "$following"
  next_slot="$slot_address $slot_port"
  if [ "$current" -eq 0 ]; then set_slot $((following + 1)); else set_slot "$current"; fi
  current_slot="$slot_address $slot_port"
}

count_moving() {
  moving=0
  while read -r motion _; do
    if [ "$motion" = 1 ]; then moving=$((moving + 1)); fi
  done <<END
$observed
END
  view=tidy
  if [ -e "$pending" ] && [ "$moving" -eq 0 ]; then view=leftover; fi
}

# set_facts SERVICE CURRENT_SLOT NEXT_SLOT, for decide. A new listener counts as alive until a probe says otherwise.
set_facts() {
  read_service "$1"
  set_age
  room=room
  others=$moving
  if in_motion; then others=$((others - 1)); fi
  if [ "$others" -ge "$at_most" ]; then room=full; fi
  serving=silent
  case $2 in
    ours) serving=listening ;;
    unseen) serving=unseen ;;
  esac
  target=$3
  if [ "$target" = ours ]; then target=proven; fi
  case " $worse " in *" $1 "*) target=worse ;; esac
  deadline=ahead
  if [ "$now" -ge "$finalize_at" ]; then deadline=passed; fi
  told=no
  if [ "$cutover,$phase,$deadline" = in-place,staged,passed ] && was_told "$client"; then told=yes; fi
}

set_age() {
  age=unmanaged
  [ -n "$max_age" ] || return 0
  age=unknown
  [ "$rotated_at" != - ] || return 0
  age=fresh
  if [ $((now - rotated_at)) -ge $((max_age - warn_before)) ]; then age=expiring; fi
  if [ $((now - rotated_at)) -ge "$max_age" ]; then age=overdue; fi
}

# was_told CLIENT: whether it got the sync.conf that is served now, by nginx's ETag: time and size in hex. What nginx has
# logged has been folded into the file of what was last seen, or not yet.
was_told() {
  tag=$(stat -c '%Y %s' -- "$state/pull/$1/sync.conf") || return
  tag=$(printf '%x-%x' "\${tag% *}" "\${tag#* }")
  {
    cat -- "$state/seen" 2>/dev/null
    tail -c ${LOG_BYTES} -- "$pull_log" 2>/dev/null
  } | awk -v "client=$1" -v "tag=$tag" '
    !/sync\\.conf/ { next }
    /^\\{/ {
      logged = index($0, "\\"client\\":\\"" client "\\",") && index($0, "\\"" tag "\\\\\\"")
      if (logged && /"status":(200|304),/) found = 1
      next
    }
    $1 == client && $4 ~ /^(200|304)$/ && $5 == tag { found = 1 }
    END { exit !found }'
}

# decide_on SERVICE CURRENT_SLOT NEXT_SLOT: what the table says to this run's order.
decide_on() {
  asked=$order
  case $order in continue | due | verify) order=none ;; esac
  set_facts "$@"
  decide
  order=$asked
}

# rathole keeps the listener of a client that is gone until visitors have come. Visits the old listeners of those that
# would count as stragglers, and looks anew where nobody was there.
knock_all() {
  worse=''
  stragglers=$(print_stragglers) || exit
  [ -n "$stragglers" ] || return 0
  deserted=$(printf '%s\n' "$stragglers" | each_abreast knock)
  [ -z "$deserted" ] || observe
}

print_stragglers() {
  while read -r motion _ service serving_slot target_slot; do
    if [ "$motion,$serving_slot" != 1,ours ] || ! is_wanted "$service"; then continue; fi
    decide_on "$service" "$serving_slot" "$target_slot"
    case $protocol,$rule in tcp,straggler-* | tcp,switch-held | tcp,switch-cut) ;; *) continue ;; esac
    set_slot "$current"
    printf '%s\n' "$service $slot"
  done <<END
$observed
END
}

# knock SERVICE CURRENT_SLOT: prints the service if nobody answers.
knock() {
  is_remembered "$1" knocked && return
  for visit in ${Array.from({ length: KNOCKS }, (_, visit) => visit + 1).join(' ')}; do
    [ "$visit" -eq 1 ] || sleep 0.05
    if answers "$2"; then
      remember "$1" knocked
      return
    fi
  done
  echo "$1"
}

# remember SERVICE PROBE: that it was made now.
remember() { [ "$order" = verify ] || echo "$now" >"$state/rotation/$1/$2"; }

# is_remembered SERVICE PROBE: whether it was made a moment ago.
is_remembered() {
  made_at=0
  if [ -f "$state/rotation/$1/$2" ]; then read -r made_at <"$state/rotation/$1/$2"; fi
  [ "$made_at" -le "$now" ] && [ $((now - made_at)) -lt ${BELIEVED_SECONDS} ]
}

# Asks the listeners that a proof would be taken from, if the proof would finalize. Sets worse: the services whose new
# generation does not answer while the old one does; and alike: those where neither does, so that the fault is behind.
probe_all() {
  worse='' alike=''
  doubtful=$(print_doubtful) || exit
  [ -n "$doubtful" ] || return 0
  answers=$(printf '%s\\n' "$doubtful" | each_abreast weigh)
  while read -r service answer; do
    case $answer in
      worse) worse="$worse $service" ;;
      alike) alike="$alike $service" ;;
    esac
  done <<END
$answers
END
}

print_doubtful() {
  worse=''
  while read -r _ _ service serving_slot target_slot; do
    if [ "$target_slot" != ours ] || ! is_wanted "$service"; then continue; fi
    read_service "$service"
    [ "$protocol,$phase,$cutover" = tcp,staged,blue-green ] || continue
    decide_on "$service" "$serving_slot" "$target_slot"
    [ "$verdict" = finalize ] || continue
    set_slot "$next"
    next_slot=$slot
    set_slot "$current"
    printf '%s\\n' "$service $next_slot $slot"
  done <<END
$observed
END
}

# each_abreast COMMAND: runs it with the words of each line.
each_abreast() {
  started=0
  while read -r service slots_of_it; do
    # shellcheck disable=SC2086
    "$1" "$service" $slots_of_it &
    started=$((started + 1))
    if [ $((started % ${PROBES})) -eq 0 ]; then wait; fi
  done
  wait
}

# weigh SERVICE NEXT_SLOT CURRENT_SLOT: prints the service and better, worse or alike.
weigh() {
  if is_remembered "$1" probed; then
    echo "$1 worse"
  elif answers "$2"; then
    echo "$1 better"
  elif answers "$3"; then
    remember "$1" probed
    echo "$1 worse"
  else
    echo "$1 alike"
  fi
}

# answers ADDRESS: bytes, or a connection that stays open for a second.
answers() {
  answer=$(
    {
      curl -q -s --max-time 1 "telnet://$1" </dev/null
      printf 'end %s' "$?"
    } | tr -c '[:alnum:] ' '?'
  )
  case $answer in
    'end 28' | ?*'end '*) ;;
    *) return 1 ;;
  esac
}
`;
