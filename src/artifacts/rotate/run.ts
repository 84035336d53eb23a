import { AWAIT_LOCK, LOCK_PATIENCE } from '../lock.ts';

/** How the program runs: its arguments, its lock, and what it prints. */
export const RUN = `
newline='
'

main() {
  actor=host locked=no
  while :; do
    case \${1-} in
      --actor)
        actor=\${2-}
        shift
        ;;
      --locked) locked=yes ;;
      *) break ;;
    esac
    [ $# -gt 0 ] || usage
    shift
  done
  case $actor in '' | *[!A-Za-z0-9_.@:+-]*) usage ;; esac
  [ $# -gt 0 ] || usage
  order=$1
  shift
  case $order in
    wait) wait_for "$@" ;;
    continue | due | rotate | finalize | cancel | compromised | restore | verify) run_once "$@" ;;
    *) usage ;;
  esac
}

usage() {
  sed -n '3,/^set -u/s/^# \\{0,1\\}//p' "$0" >&2
  exit 2
}

# wait_for SECONDS [SERVICE...]
wait_for() {
  case \${1-} in '' | *[!0-9]*) usage ;; esac
  order=continue said=''
  ends=$(($(date +%s) + $1))
  shift
  while :; do
    lines=$(run_once "$@")
    code=$?
    print_news
    left=$((ends - $(date +%s)))
    if [ "$code" -eq 2 ] || [ "$left" -le 0 ] || ! is_any_moving "$@"; then exit "$code"; fi
    echo "- $left"
    sleep_to_second
  done
}

# Until a second begins: those who know finalize_at ask a second after it, and find what was done at its begin.
sleep_to_second() {
  rest=$((2000000000 - $(date +1%N)))
  sleep "$((rest / 1000000000)).$(printf %09d $((rest % 1000000000)))"
}

print_news() {
  printf '%s\\n' "$lines" | while IFS= read -r line; do
    case $newline$said$newline in
      *"$newline$line$newline"*) ;;
      *) printf '%s\\n' "$line" ;;
    esac
  done
  said=$lines
}

is_any_moving() {
  wanted=" $* "
  for record in "$state"/rotation/*/record; do
    [ -f "$record" ] || continue
    service=\${record%/record}
    read_service "\${service##*/}"
    if in_motion && is_wanted "$service"; then return 0; fi
  done
  return 1
}

# run_once [SERVICE...]
run_once() {
  wanted=" $* "
  for service in "$@"; do
    [ -f "$state/rotation/$service/record" ] || {
      say "$service is not enrolled on this host"
      exit 2
    }
  done
  [ "$locked" = yes ] || take_lock
  status=0
  observe
  knock_all
  probe_all
  decide_each
  [ "$order" = verify ] || act
  report
  exit "$status"
}

take_lock() {
  exec 9>>"$lock"
  await_lock || {
    say 'another run has held the lock for ${LOCK_PATIENCE} s'
    exit 75
  }
}
${AWAIT_LOCK}
is_wanted() {
  case $wanted in
    '  ' | *" $1 "*) ;;
    *) return 1 ;;
  esac
}

# Sets decided: a list of SERVICE:VERDICT:RULE; todo: of SERVICE:ACTION; held, and resumed: of services.
decide_each() {
  decided='' todo='' held='' resumed=''
  while read -r motion _ service serving_slot target_slot; do
    is_wanted "$service" || continue
    if [ "$order,$motion,$view,$wanted" = 'continue,0,tidy,  ' ]; then continue; fi
    decide_one "$serving_slot" "$target_slot"
  done <<END
$observed
END
}

decide_one() {
  decide_on "$service" "$1" "$2"
  case $order,$phase,$verdict in continue,steady,stage | continue,steady,refuse) verdict='wait' ;; esac
  decided="$decided $service:$verdict:$rule"
  case $verdict in
    nothing | wait) ;;
    hold) held="$held $service" ;;
    refuse) status=3 ;;
    *)
      todo="$todo $service:$verdict"
      case $phase in
        steady) if [ "$verdict" = stage ]; then moving=$((moving + 1)); fi ;;
        gone | staged) ;;
        *) resumed="$resumed $service" ;;
      esac
      ;;
  esac
}

act() {
  if [ -n "$todo" ]; then carry_out; fi
  if [ -n "$held" ]; then audit_held || stop audit; fi
}

# among ACTION...: sets batch to the part of todo that has one of these actions; fails if that is empty.
among() {
  batch=''
  for each in $todo; do
    case " $* " in *" \${each#*:} "*) batch="$batch $each" ;; esac
  done
  [ -n "$batch" ]
}

# stop OPERATION: what was decided stands in the records, and the next run completes it.
stop() {
  case $1 in
    arm | decide) goes_on='what was not decided by then is not done: ask for it again' ;;
    *) goes_on='the next run completes it' ;;
  esac
  say "the operation \\"$1\\" failed; $goes_on"
  status=1
  report
  exit 1
}

report() {
  for each in $decided; do
    read_service "\${each%%:*}"
    each=\${each#*:}
    printf '%s\\n' "$service \${each%:*} \${each#*:} $current $next $finalize_at"
  done
}

# set_rule SERVICE: sets rule to the one that decided.
set_rule() {
  rule=\${decided#*" $1:"}
  rule=\${rule%% *}
  rule=\${rule#*:}
}
`;
