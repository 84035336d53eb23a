/** When to poll. Nothing is written down for it: what is due follows from the clock and this machine's names. */
export const schedule = `
# Ticks are numbered from 1970; every n-th is due, where n ticks are a poll interval, counted from a number that
# differs from client to client, as does the second within the tick: so 10,000 clients do not come at once.
poll_if_due() {
  interval=$(setting poll)
  is_number "$interval" || interval=300
  every=$((interval / period))
  [ "$every" -ge 1 ] || every=1
  seed=$((0x$(printf '%s %s' "$host" "$(uname -n)" | sha256sum | cut -c 1-6)))
  [ $(($(date +%s) / period % every)) -eq $((seed % every)) ] || return 0
  sleep $((seed % (period / 2 + 1)))
  poll_once
}

# At finalize_at the server may change a token in place: whoever asks a second later has the new one soonest.
# The server looks at its clock every 15 s only, so while it still announces that moment it is asked twice again.
poll_after_finalize() {
  moment=$(setting finalize_at)
  is_number "$moment" || return 0
  now=$(date +%s)
  if [ "$moment" -lt "$now" ] || [ "$moment" -ge $((now / period * period + 2 * period - 1)) ]; then return 0; fi
  sleep $((moment - now))
  for pause in 1 5 10; do
    sleep "$pause"
    poll_once || return
    [ "$(setting finalize_at)" = "$moment" ] || return 0
  done
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
