/** The shell functions for what runs: packages, units, sysctls and certificates. See library.ts. */
export const SERVICES = `
# Package managers start daemons: without the lock's descriptor, which they would keep. A new nginx is not started, for
# it would serve Debian's page to everybody; also its packages start it once and once more, which takes a second or two.
install_apt() (
  set -- -q -y --no-install-recommends -o DPkg::Lock::Timeout=60 -o Dpkg::Options::=--force-confold install -- "$@"
  export DEBIAN_FRONTEND=noninteractive
  command -v nginx >/dev/null || export SYSTEMD_OFFLINE=1
  apt-get "$@" 9>&- && exit 0
  echo 'Trying again with fresh package lists.'
  apt-get -q update 9>&-
  apt-get "$@" 9>&-
)

install_pacman() { pacman -S --noconfirm --needed -- "$@" 9>&-; }

# The group of nginx's workers, from its configuration or as it was built.
nginx_group() {
  nginx -T 2>/dev/null | awk '$1 == "user" { sub(/;$/, ""); print $NF; exit }' >"$tx/nginx-group"
  [ -s "$tx/nginx-group" ] || nginx -V 2>&1 | tr ' ' '\\n' | sed -n 's/^--group=//p' >"$tx/nginx-group"
  getent group "$(cat "$tx/nginx-group")" >/dev/null || die "nginx does not tell the group of its workers"
  printf %s "$(cat "$tx/nginx-group")"
}

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
  systemctl stop "$1" || { ! systemctl is-active --quiet "$1" || return 1; }
  # One that gave up by itself stays on systemd's list of failures, even when its file is gone.
  systemctl reset-failed "$1" 2>/dev/null || :
}

restart_unit() {
  systemctl is-active --quiet "$1" || : >"$tx/changed.$step"
  systemctl restart "$1"
}

restart_again() { [ -e "$tx/changed.$step" ] || systemctl restart "$1"; }

# listening UNIT "PROTOCOL ADDRESS:PORT"...: waits until the unit's own main process does, IPv6 addresses in brackets. A
# daemon that cannot have its port ends just after systemd called it started. Nothing tells when it listens, so this
# looks, for 5 s at most.
listening() {
  looks=0
  until missing=$(not_listening "$@") && [ -z "$missing" ]; do
    looks=$((looks + 1))
    [ "$looks" -lt 60 ] || break
    sleep 0.05
  done
  [ -n "$missing" ] || return 0
  journalctl --no-pager --quiet --output=cat --lines=5 "_SYSTEMD_UNIT=$1" || :
  printf '%s\\n' "$missing" | while read -r protocol at; do ss -H -l -n -p "--$protocol" "sport = :\${at##*:}" || :; done
  die "$1 does not listen on $(printf '%s\\n' "$missing" | paste -s -d , -)"
}

# not_listening UNIT "PROTOCOL ADDRESS:PORT"...: prints what lacks. A dual-stack socket on every address is shown as *.
not_listening() {
  pid=$(systemctl show --property=MainPID --value "$1")
  shift
  { printf '%s\\n' "$@" '' && ss -H -l -n -p -t -u; } | awk -v owner="pid=$pid," '
    /^$/ { past = 1 }
    !past { wanted[++count] = $0 }
    past && index($0, owner) { found[$1 " " $5] }
    END {
      for (i = 1; i <= count; i++) {
        any = wanted[i]
        sub(/ \\[::\\]:/, " *:", any)
        if (!(wanted[i] in found) && !(any in found)) print wanted[i]
      }
    }'
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
