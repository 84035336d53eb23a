/** The shell functions for what runs: packages, units, nginx, sysctls and certificates. See library.ts. */
export const SERVICES = `
# Package managers start daemons: without the lock's descriptor, which they would keep.
install_apt() {
  set -- -q -y --no-install-recommends -o DPkg::Lock::Timeout=60 -o Dpkg::Options::=--force-confold install -- "$@"
  export DEBIAN_FRONTEND=noninteractive
  apt-get "$@" 9>&- && return 0
  echo 'Trying again with fresh package lists.'
  apt-get -q update 9>&-
  apt-get "$@" 9>&-
}

install_pacman() { pacman -S --noconfirm --needed -- "$@" 9>&-; }

create_user() {
  getent passwd "$1" >/dev/null && return 0
  useradd --system --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin -- "$1"
}

enable_unit() {
  systemctl is-enabled --quiet "$1" && return 0
  : >"$tx/changed.$step"
  systemctl enable --quiet "$1"
}

disable_again() { [ ! -e "$tx/changed.$step" ] || systemctl disable --quiet "$1"; }

disable_unit() {
  if systemctl is-enabled --quiet "$1"; then : >"$tx/enabled.$step"; fi
  if systemctl is-active --quiet "$1"; then : >"$tx/active.$step"; fi
  systemctl disable --quiet --now "$1"
}

enable_again() {
  [ ! -e "$tx/enabled.$step" ] || systemctl enable --quiet "$1"
  [ ! -e "$tx/active.$step" ] || systemctl start "$1"
}

start_unit() {
  systemctl is-active --quiet "$1" && return 0
  : >"$tx/changed.$step"
  systemctl start "$1"
}

stop_again() {
  [ -e "$tx/changed.$step" ] || return 0
  systemctl stop "$1" || ! systemctl is-active --quiet "$1"
}

restart_unit() {
  systemctl is-active --quiet "$1" || : >"$tx/changed.$step"
  systemctl restart "$1"
}

restart_again() { [ -e "$tx/changed.$step" ] || systemctl restart "$1"; }

# listening UNIT PROTOCOL ADDRESS PORT: waits until the unit's own main process does, IPv6 addresses in brackets. A
# daemon that cannot have its port ends just after systemd called it started. Nothing tells when it listens, so this
# looks, for 5 s at most.
listening() {
  looks=0
  until listens_now "$@"; do
    looks=$((looks + 1))
    [ "$looks" -lt 60 ] || break
    sleep 0.05
  done
  listens_now "$@" && return 0
  journalctl --no-pager --quiet --output=cat --lines=5 "_SYSTEMD_UNIT=$1" || :
  ss -H -l -n -p "--$2" "sport = :$4" || :
  die "$1 does not listen on $2 $3:$4"
}

# A dual-stack socket on every address is shown as *.
listens_now() {
  pid=$(systemctl show --property=MainPID --value "$1")
  ss -H -l -n -p "--$2" "sport = :$4" | awk -v at="$3:$4" -v any="*:$4" -v owner="pid=$pid," '
    ($4 == at || $4 == any && at ~ /^\\[::\\]/) && index($0, owner) { found = 1 }
    END { exit !found }'
}

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
  log=/var/log/nginx/error.log
  seen=$(stat -c %s "$log" 2>/dev/null || echo 0)
  systemctl reload nginx.service
  looks=0
  until nginx_new_child "$master" "$before"; do
    looks=$((looks + 1))
    if [ "$looks" -ge 250 ] || nginx_refused "$log" "$seen"; then
      nginx_refused "$log" "$seen" && sed 's/^[^[]*//' "$tx/emerg" | sort -u
      die 'nginx kept its old configuration'
    fi
    sleep 0.02
  done
}

# The last line of a refusal; the [emerg] lines before it are retries that may still succeed.
nginx_refused() {
  tail -c "+$(($2 + 1))" "$1" 2>/dev/null | grep -F '[emerg]' >"$tx/emerg" || return 1
  grep -q -v 'bind() to' "$tx/emerg"
}

apply_sysctls() {
  sed -n 's/^ *\\([a-z][a-z0-9._-]*\\) *=.*/\\1/p' "$1" | tr . / | while read -r key; do
    printf '%s %s\\n' "/proc/sys/$key" "$(cat "/proc/sys/$key")"
  done >"$tx/sysctls.$step"
  /usr/lib/systemd/systemd-sysctl "$1"
}

reset_sysctls() {
  [ -e "$tx/sysctls.$step" ] || return 0
  while read -r key value; do printf '%s\\n' "$value" >"$key"; done <"$tx/sysctls.$step"
}

# authority DIRECTORY NAME DAYS
authority() {
  if [ -s "$1/ca.pem" ] && [ -s "$1/ca.key" ]; then return 0; fi
  fresh "$1/ca.key" root root 0600
  openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 >"$temp"
  replace "$1/ca.key"
  printf '%s\\n' '[req]' 'distinguished_name = dn' 'prompt = no' 'x509_extensions = ext' \\
    '[dn]' "CN = $2" '[ext]' 'basicConstraints = critical,CA:TRUE,pathlen:0' \\
    'keyUsage = critical,keyCertSign,cRLSign' 'subjectKeyIdentifier = hash' >"$tx/ca.conf"
  fresh "$1/ca.pem" root root 0600
  openssl req -new -x509 -config "$tx/ca.conf" -key "$1/ca.key" -sha256 -days "$3" >"$temp"
  replace "$1/ca.pem"
}

# certificate DIRECTORY DAYS SUBJECT NAMES, signed by the authority. A renewal keeps the key, so that key and certificate
# belong together at every moment.
certificate() {
  if [ ! -s "$1/leaf.key" ]; then
    fresh "$1/leaf.key" root root 0600
    openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 >"$temp"
    replace "$1/leaf.key"
  fi
  printf '%s\\n' '[req]' 'distinguished_name = dn' 'prompt = no' '[dn]' "CN = $3" >"$tx/leaf.conf"
  printf '%s\\n' 'basicConstraints = critical,CA:FALSE' 'keyUsage = critical,digitalSignature' \\
    'extendedKeyUsage = serverAuth' 'authorityKeyIdentifier = keyid' "subjectAltName = $4" >"$tx/leaf.ext"
  openssl req -new -config "$tx/leaf.conf" -key "$1/leaf.key" -out "$tx/leaf.csr"
  fresh "$1/leaf.pem" root root 0600
  openssl x509 -req -in "$tx/leaf.csr" -CA "$1/ca.pem" -CAkey "$1/ca.key" -set_serial "0x01$(random_hex 15)" \\
    -sha256 -days "$2" -extfile "$tx/leaf.ext" >"$temp"
  cat "$1/ca.pem" >>"$temp"
  replace "$1/leaf.pem"
}
`;
