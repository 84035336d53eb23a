import { MARKER_LINE } from '../marker.ts';
import { TRAILER } from '../pull/seal.ts';

/** What an answer means. Every answer that is not plainly ours ends the run with its own exit status. */
export const verdict = `
# whole FILE: whether its last line is the SHA-256 of all before it, which goes to sum
whole() {
  [ -f "$1" ] || return 1
  sum=$(sed '$d' "$1" | sha256sum)
  sum=\${sum%% *}
  { sed '$d' "$1" && printf '${TRAILER} %s\\n' "$sum"; } | cmp -s - "$1"
}

# Ends the run for a request without an answer.
explain_silence() {
  if printf '%s\\n' "$answer" | grep -qi 'not yet valid\\|not yet \\(been \\)\\{0,1\\}activated'; then
    die 4 "the server's certificate is not valid yet by this machine's clock, which says $(date -u): is it right?"
  elif printf '%s\\n' "$answer" | grep -qi 'has expired'; then
    die 4 "the server's certificate has expired by this machine's clock, which says $(date -u): is it right?"
  fi
  case $tool$result in
    curl35 | curl5[134] | curl58 | curl59 | curl60 | curl66 | curl77 | curl8[0-3] | curl9[018] | wget5)
      die 4 "the server's certificate or TLS is refused ($tool says $result)" ;;
    wget4)
      if printf '%s\\n' "$answer" | grep -q 'establish SSL'; then
        die 4 'TLS with the server fails (wget says 4)'
      fi ;;
    curl28 | curl124 | wget124) die 3 'not reached: the server took too long' ;;
  esac
  die 3 "not reached ($tool says $result)"
}

# Ends the run unless the answer to the request for $1 is a whole file of ours or "not modified".
expect_ours() {
  case $code in
    200) ;;
    304) [ -n "$condition" ] || die 5 'not ours: the answer is "not modified" to a question without a condition' ;;
    '') explain_silence ;;
    401 | 403 | 404) die 2 "not accepted: the server answers $code, as it does to a key that it does not know" ;;
    408 | 429 | 5??) die 3 "not reached: the server answers $code" ;;
    3??) die 5 "not ours: the answer is a redirection ($code), as captive portals do" ;;
    *) die 5 "not ours: the server answers $code" ;;
  esac
  if [ "$code" = 200 ]; then
    [ "$result" -eq 0 ] || die 5 "not whole: the answer broke off ($tool says $result)"
    whole ".$1.new" || explain_content ".$1.new"
  fi
}

# Ends the run for an answer of status 200 that is not a whole file of ours: what it begins with tells what it is.
explain_content() {
  [ -s "$1" ] || die 5 'not whole: the answer is empty'
  case $(sed 1q "$1" | tr -d '\\000' | cut -c 1-100) in
    '${MARKER_LINE.trimEnd()}'*) die 5 'not whole: the answer was cut off or altered on its way' ;;
    '{'*) die 2 'not accepted: the server shows its public face, as it does to a key that it does not know' ;;
    *) die 5 'not ours: the answer is a page, not a configuration; a captive portal?' ;;
  esac
}

# Ends the run unless the file $1 says all that a sync.conf must, in the form that it must have.
expect_settings() {
  read_settings "$1"
  is_address "$server" || die 5 'not ours: sync.conf names no server'
  is_number "$interval" || die 5 'not ours: sync.conf names no poll interval'
  is_hex 64 "$wanted" || die 5 'not ours: sync.conf names no client.toml'
  [ -z "$next_key" ] || is_hex 32 "$next_key" || die 5 'not ours: sync.conf names a key of another form'
}

# is_address URL: whether it is https://HOST or https://HOST:PORT
is_address() {
  case \${1#https://} in
    "$1" | '' | *[!][A-Za-z0-9.:-]*) return 1 ;;
  esac
}

# is_hex DIGITS VALUE
is_hex() {
  case $2 in
    *[!0-9a-f]*) return 1 ;;
  esac
  [ "\${#2}" -eq "$1" ]
}
`;
