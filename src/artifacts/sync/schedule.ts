/** The server's timer, and what it then does, may be late by so much. */
const LATE_SECONDS = 30;

/** When to poll. Nothing is written down for it: what is due follows from the clock and this machine's names. */
export const schedule = `
# Ticks are numbered from 1970; every n-th is due, where n ticks are a poll interval, counted from a number that
# differs from client to client, as does the second within the tick: so 10,000 clients do not come at once.
poll_if_due() {
  read_settings sync.conf
  is_number "$interval" || interval=300
  every=$((interval / period))
  [ "$every" -ge 1 ] || every=1
  names=$(printf '%s %s' "$host" "$(uname -n)" | sha256sum)
  seed=$((0x\${names%"\${names#??????}"}))
  [ $(($(date +%s) / period % every)) -eq $((seed % every)) ] || return 0
  sleep $((seed % (period / 2 + 1)))
  poll_once
}

# set_ahead: by how many seconds this machine's clock is ahead of the server's, by the date of its answer: HTTP's
# "Sat, 21 Nov 2026 16:43:36 GMT". The year counts from March, so that the leap day is its last.
set_ahead() {
  ahead=0
  case $date in
    [A-Z][a-z][a-z]', '[0-3][0-9]' '[A-Z][a-z][a-z]' '[0-9][0-9][0-9][0-9]' '[0-2][0-9]:[0-5][0-9]:[0-6][0-9]' GMT') ;;
    *) return 0 ;;
  esac
  IFS=' :'
  # shellcheck disable=SC2086
  set -- $date
  unset IFS
  months=MarAprMayJunJulAugSepOctNovDecJanFeb
  month=\${months%"$3"*}
  month=$((\${#month} / 3))
  year=$(($4 - month / 10))
  days=$((365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 + \${2#0} - 719469))
  ahead=$(($(date +%s) - 86400 * days - 3600 * \${5#0} - 60 * \${6#0} - \${7#0}))
}

# At finalize_at the server may change a token in place, or some seconds later: it looks every 15 s. From then on new
# visitors wait for this machine, so it asks each second until that moment is announced no more.
poll_after_finalize() {
  read_settings sync.conf
  is_number "$announced" || return 0
  awaited=$announced
  moment=$((announced + \${noted_ahead:-0}))
  now=$(date +%s)
  if [ "$moment" -ge $((now / period * period + 2 * period - 1)) ]; then return 0; fi
  [ "$moment" -le "$now" ] || sleep $((moment - now))
  status_after=0
  asked_at=$(date +%s)
  while
    read_settings sync.conf
    [ "$(date +%s)" -lt $((moment + ${LATE_SECONDS})) ] && [ "$announced" = "$awaited" ]
  do
    [ "$(date +%s)" -gt "$asked_at" ] || sleep 1
    asked_at=$(date +%s)
    poll_once
    status_after=$?
  done
  return "$status_after"
}

tick() {
  poll_if_due
  status=$?
  poll_after_finalize || status=$?
  exit "$status"
}

main() {
  host=''
  period=''
  if [ "$#" -eq 3 ] && [ "$1" = --tick ]; then
    period=$2
    shift 2
  fi
  [ "$#" -ne 1 ] || host=$1
  enter_folder
  choose_tool
  if [ -z "$period" ]; then
    poll_once
    exit
  fi
  if ! is_number "$period" || [ "$period" -lt 1 ]; then die 1 'usage: sync [--tick SECONDS] HOST'; fi
  tick
}

main "$@"
`;
