/** Shell functions that reload nginx. They need `$nginx_log` (its error log) and `die MESSAGE`. */
export const NGINX_RELOAD = `
check_nginx() { nginx -t -q; }

nginx_children() { cat "/proc/$1/task/$1/children"; }

# Says whether nginx has a child that is not in the list: only an accepted configuration makes it start one.
nginx_new_child() {
  for child in $(nginx_children "$1"); do
    case " $2 " in *" $child "*) ;; *) return 0 ;; esac
  done
  return 1
}

# A reload is only a signal: nginx may keep the old configuration and say so nowhere but in its log.
reload_nginx() {
  systemctl is-active --quiet nginx.service || die 'nginx does not run, so it cannot reload'
  master=$(systemctl show --property=MainPID --value nginx.service)
  before=$(nginx_children "$master")
  seen=$(stat -c %s "$nginx_log" 2>/dev/null || echo 0)
  systemctl reload nginx.service || die 'nginx cannot be told to reload'
  looks=0
  until nginx_new_child "$master" "$before"; do
    looks=$((looks + 1))
    if [ "$looks" -ge 250 ] || nginx_refused "$seen"; then
      printf '%s\\n' "$emergencies" | sed 's/^[^[]*//' | sort -u | grep . >&2 || :
      die 'nginx kept its old configuration'
    fi
    sleep 0.02
  done
  looks=0
  until nginx_gave_way "$before" || [ "$looks" -ge 250 ]; do
    looks=$((looks + 1))
    sleep 0.02
  done
}

# Says whether no worker in the list takes visitors any more: nginx tells them to stop a while after the new ones began.
nginx_gave_way() {
  for child in $1; do
    title=''
    { read -r title <"/proc/$child/cmdline"; } 2>/dev/null || :
    [ "$title" != 'nginx: worker process' ] || return 1
  done
}

# nginx_refused SIZE: the last line of a refusal; the [emerg] lines before it are retries that may still succeed.
nginx_refused() {
  emergencies=$(tail -c "+$(($1 + 1))" "$nginx_log" 2>/dev/null | grep -F '[emerg]') || return 1
  printf '%s\\n' "$emergencies" | grep -q -v 'bind() to'
}
`;
