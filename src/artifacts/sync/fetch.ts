/**
 * One HTTPS request. The key file is at once a configuration file of curl and of wget, so the key is never in argv,
 * in the environment or in a file of its own.
 */
export const fetch = `
# Writes stdin to the file $1, which is not even made when nothing comes: a 304 writes nothing.
write_lazily() {
  first=''
  IFS= read -r first || [ -n "$first" ] || return 0
  { printf '%s\\n' "$first" && cat; } >"$1"
}

# ask_with_curl URL ETAG: the body on stdout, the response's header and what went wrong on stderr
ask_with_curl() {
  if [ -n "$2" ]; then set -- "$1" --header "If-None-Match: $2"; else set -- "$1"; fi
  if [ -f ca.pem ]; then set -- "$@" --cacert ca.pem; fi
  timeout "$request_seconds" curl -q --config key --silent --show-error --proto =https \
    --connect-timeout "$silence_seconds" --speed-limit 1 --speed-time "$silence_seconds" --dump-header /dev/stderr "$@"
}

# ask_with_wget URL ETAG: as ask_with_curl
ask_with_wget() {
  if [ -n "$2" ]; then set -- "$1" --header="If-None-Match: $2"; else set -- "$1"; fi
  if [ -f ca.pem ]; then set -- "$@" --ca-certificate=ca.pem; fi
  timeout "$request_seconds" wget --config=key --no-verbose --server-response --tries=1 \
    --timeout="$silence_seconds" --max-redirect=0 --no-hsts --check-certificate --output-document=- "$@"
}

# fetch URL FILE ETAG: asks for URL unless ETAG still holds, and writes the body to FILE.
# Sets result (the tool's exit status), code (the HTTP status, empty without an answer), etag, date, answer (what the
# tool said); fails when FILE cannot be written. Nothing of ours is over 16 MiB: an endless body must not fill the disk.
fetch() {
  rm -f "$2"
  condition=$3
  answer=$({
    ulimit -f 32768
    {
      if [ "$tool" = curl ]; then ask_with_curl "$1" "$3"; else ask_with_wget "$1" "$3"; fi
      printf 'result %s\\n' "$?" >&2
    } | write_lazily "$2"
  } 2>&1 9<&-)
  written=$?
  read_answer
  return "$written"
}

# What a later line says counts: a proxy's answer comes before the server's. No line of it costs a program.
read_answer() {
  result='' code='' etag='' date=''
  cr=$(printf '\\r')
  while IFS=': ' read -r name value; do
    value=\${value%"$cr"}
    case $name in
      result) result=$value ;;
      HTTP/*) case $value in [0-9][0-9][0-9]*) code=\${value%"\${value#???}"} ;; esac ;;
      [Ee][Tt][Aa][Gg]) case $value in *[!\\"A-Za-z0-9/:-]*) ;; *) etag=$value ;; esac ;;
      [Dd]ate) date=$value ;;
    esac
  done <<END
$answer
END
}
`;
