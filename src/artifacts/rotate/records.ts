import { DECIDED_PHASE, SERVED } from '../../model/rotation/operations.ts';
import { ACTIONS, PHASES, type Phase } from '../../model/rotation.ts';
import { SLOT_NETWORKS, SLOT_PORT } from '../slot.ts';

const EVERY_SERVED = [...new Set(PHASES.map((phase) => SERVED[phase].join(' ')))];
const phasesThatServe = (which: string): readonly Phase[] =>
  PHASES.filter((phase) => SERVED[phase].join(' ') === which);

const variables = (which: string) =>
  which
    .split(' ')
    .filter((name) => name !== '')
    .map((name) => `"$${name}"`)
    .join(' ');

/** As the controller reads them: 15 digits are a number that every shell and program can count with. */
const NUMBER_TOO_LONG = '[0-9]'.repeat(16);

/** Shell functions that read records and policies, and say which generations they serve. */
export const READ_RECORDS = `
# read_record SERVICE: sets phase, current, next, highest, staged_at, finalize_at and rotated_at (-: unknown).
read_record() {
  read -r phase current next highest staged_at finalize_at rotated_at <"$state/rotation/$1/record" || return
  case $phase in
    ${PHASES.join(' | ')}) ;;
    *) return 1 ;;
  esac
  case $current.$next.$highest.$staged_at.$finalize_at in
    .* | *.. | *..* | *. | *[!0-9.]* | *${NUMBER_TOO_LONG}*) return 1 ;;
  esac
  case $rotated_at in
    -) ;;
    '' | *[!0-9]* | *${NUMBER_TOO_LONG}*) return 1 ;;
  esac
}

# read_policy SERVICE: sets client, protocol, cutover, address, port, grace, max_age, warn_before, finalize, stragglers.
read_policy() {
  [ -f "$state/rotation/$1/policy" ] || return
  # shellcheck disable=SC2034 # some are for callers only
  client='' protocol='' cutover='' address='' port='' grace='' max_age='' warn_before=0 finalize='' stragglers=''
  # shellcheck source=/dev/null
  . "$state/rotation/$1/policy"
  case " $client $protocol $cutover $address $port $grace $finalize $stragglers " in *'  '*) return 1 ;; esac
}

# set_generations: the numbers that server.toml and client.toml have, by record and policy. In place there is one.
set_generations() {
  case $phase in
${EVERY_SERVED.map((which) => `    ${phasesThatServe(which).join(' | ')}) set -- ${variables(which)} ;;`).join('\n')}
  esac
  if [ "$cutover" = in-place ] && [ $# -gt 1 ]; then set -- "$1"; fi
  generations=''
  for one in "$@"; do
    if [ "$one" -ne 0 ]; then generations="\${generations:+$generations }$one"; fi
  done
}

# served SERVICE: prints those numbers.
served() {
  read_record "$1" && read_policy "$1" || return
  set_generations
  printf '%s\\n' "$generations"
}
`;

/** The same, and what an action's decision and outcome make of them. */
export const RECORDS = `${READ_RECORDS}
# set_line: the record as its file has it.
set_line() { line="$phase $current $next $highest $staged_at $finalize_at $rotated_at"; }

read_service() {
  service=$1
  if read_record "$1" && read_policy "$1"; then return 0; fi
  die "the record or the policy of $1 cannot be read: look at $state/rotation/$1"
}

in_motion() {
  case $phase in
    gone | steady) return 1 ;;
  esac
}

# set_following: the number for the next generation, of the other parity than the current one.
set_following() {
  following=$((highest + 1))
  if [ "$current" -ne 0 ] && [ $((following % 2)) -eq $((current % 2)) ]; then following=$((following + 1)); fi
}

# set_slot GENERATION: where it listens; in place that is the public address.
set_slot() {
  if [ "$cutover" = in-place ]; then
    slot_address=$address slot_port=$port
  else
    slot_port=${SLOT_PORT}
    case $(($1 % 2)) in
      0) slot_address=${SLOT_NETWORKS[0]}.$((port / 256)).$((port % 256)) ;;
      *) slot_address=${SLOT_NETWORKS[1]}.$((port / 256)).$((port % 256)) ;;
    esac
  fi
  case $slot_address in
    *:*) slot=[$slot_address]:$slot_port ;;
    *) slot=$slot_address:$slot_port ;;
  esac
}

# decide_record ACTION: what the record says once it is decided. Deciding again changes nothing but the grace.
decide_record() {
  case $1 in
${ACTIONS.flatMap((action) => (action === 'tidy' ? [] : `    ${action}) new_phase=${DECIDED_PHASE[action]} ;;`)).join('\n')}
    *) return 0 ;;
  esac
  case $1 in
    stage | postpone)
      if [ "$next" -eq 0 ]; then number_next; fi
      staged_at=$now finalize_at=$((now + grace))
      ;;
    compromise | issue)
      if [ "$phase" != "$new_phase" ]; then
        number_next
        staged_at=0 finalize_at=0
      fi
      ;;
  esac
  phase=$new_phase
}

number_next() {
  set_following
  next=$following highest=$following
}

# settle_record ACTION: what it says when all else is done.
settle_record() {
  case $1 in
    tidy) return 0 ;;
    stage | postpone)
      phase=staged
      return 0
      ;;
    cancel) ;;
    *) current=$next rotated_at=$now ;;
  esac
  phase=steady next=0 staged_at=0 finalize_at=0
}
`;
