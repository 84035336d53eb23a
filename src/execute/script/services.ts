/** The shell functions for what runs: packages, units, sysctls and certificates. See library.ts. */
export const SERVICES = `
# Package managers start daemons: without the lock's descriptor, which they would keep. A new nginx is not started, for
# it would serve Debian's page to everybody; also its packages start it once and once more, which takes a second or two.
install_apt() (
  set -- -q -y --no-install-recommends -o DPkg::Lock::Timeout=60 -o Dpkg::Options::=--force-confold install -- "$@"
  export DEBIAN_FRONTEND=noninteractive
  command -v nginx >/dev/null || export SYSTEMD_OFFLINE=1
  if apt_knows_packages; then
    apt-get "$@" 9>&- && exit 0
    echo 'Trying again with fresh package lists.'
  fi
  apt-get -q update 9>&-
  apt-get "$@" 9>&-
)

# A fresh image has no lists.
apt_knows_packages() {
  for list in /var/lib/apt/lists/*_Packages*; do
    [ ! -e "$list" ] || return 0
  done
  return 1
}

install_pacman() { pacman -S --noconfirm --needed -- "$@" 9>&-; }

# The group of nginx's workers, from its configuration or as it was built; asked once.
nginx_group() {
  if [ ! -s "$tx/nginx-group" ]; then
    workers=$(nginx -T 2>/dev/null | awk '$1 == "user" { sub(/;$/, ""); print $NF; exit }')
    [ -n "$workers" ] || workers=$(nginx -V 2>&1 | tr ' ' '\\n' | sed -n 's/^--group=//p')
    getent group "$workers" >/dev/null || die "nginx does not tell the group of its workers"
    printf '%s\\n' "$workers" >"$tx/nginx-group"
  fi
  read -r workers <"$tx/nginx-group"
  printf %s "$workers"
}

create_user() {
  getent passwd "$1" >/dev/null && return 0
  useradd --system --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin -- "$1"
}

# Each of systemd's reloads takes longer than all else: one follows when everything is enabled.
enable_unit() {
  systemctl is-enabled --quiet "$1" && return 0
  : >"$tx/changed.$step"
  systemctl enable --quiet --no-reload "$1"
}

disable_again() { [ ! -e "$tx/changed.$step" ] || systemctl disable --quiet "$1"; }

disable_unit() {
  if systemctl is-enabled --quiet "$1"; then : >"$tx/enabled.$step"; fi
  if systemctl is-active --quiet "$1"; then : >"$tx/active.$step"; fi
  systemctl disable --quiet --now "$1"
  case $1 in *.timer) end_triggered "$1" ;; esac
}

# end_triggered TIMER: what it has begun would find its files gone. Whatever ends before its time counts as failed, and
# stays on systemd's list when its unit is gone.
end_triggered() {
  for triggered in $(systemctl show --property=Triggers --value "$1"); do
    systemctl stop "$triggered"
    systemctl reset-failed "$triggered" 2>/dev/null || :
  done
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

# It may run already, with the configuration of its package.
start_nginx() {
  if systemctl is-active --quiet nginx.service; then
    reload_nginx
  else
    : >"$tx/changed.$step"
    systemctl start nginx.service
  fi
}

reload_again() {
  [ ! -e "$tx/changed.$step" ] || return 0
  check_nginx
  reload_nginx
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

# poll SERVER: again for 20 s while the timer's own poll is at work (7). One that does not succeed is told: the timer goes on.
poll() {
  [ -e "$joined/$1/client.toml" ] || : >"$tx/changed.$step"
  looks=0 status=7
  while [ "$status" -eq 7 ] && [ "$looks" -lt 100 ]; do
    [ "$looks" -eq 0 ] || sleep 0.2
    looks=$((looks + 1)) status=0
    "$syncer" "$1" 9>&- || status=$?
  done
  [ "$status" -eq 0 ] || say "note the poll of $1 ended with $status: $(tail -n 1 "$tx/said" | cut -c 1-300)"
}

# What was pulled over an older configuration stays: the server has that one no more.
unpoll() { [ ! -e "$tx/changed.$step" ] || rm -f -- "$joined/$1/client.toml"; }

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

# new_key COMMAND...: openssl's command for a key that it makes.
new_key() { openssl "$@" -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes; }

# authority DIRECTORY NAME DAYS
authority() {
  if [ -s "$1/ca.pem" ] && [ -s "$1/ca.key" ]; then return 0; fi
  printf '%s\\n' '[req]' 'distinguished_name = dn' 'prompt = no' 'x509_extensions = ext' \\
    '[dn]' "CN = $2" '[ext]' 'basicConstraints = critical,CA:TRUE,pathlen:0' \\
    'keyUsage = critical,keyCertSign,cRLSign' 'subjectKeyIdentifier = hash' >"$tx/ca.conf"
  fresh "$1/ca.key" root root 0600
  key=$temp
  fresh "$1/ca.pem" root root 0600
  new_key req -x509 -config "$tx/ca.conf" -keyout "$key" -sha256 -days "$3" >"$temp"
  replace "$1/ca.key"
  replace "$1/ca.pem"
}

# certificate DIRECTORY DAYS SUBJECT NAMES, signed by the authority. A renewal keeps the key, so that key and certificate
# belong together at every moment.
certificate() {
  printf '%s\\n' '[req]' 'distinguished_name = dn' 'prompt = no' '[dn]' "CN = $3" >"$tx/leaf.conf"
  printf '%s\\n' 'basicConstraints = critical,CA:FALSE' 'keyUsage = critical,digitalSignature' \\
    'extendedKeyUsage = serverAuth' 'authorityKeyIdentifier = keyid' "subjectAltName = $4" >"$tx/leaf.ext"
  if [ -s "$1/leaf.key" ]; then
    openssl req -new -config "$tx/leaf.conf" -key "$1/leaf.key" -out "$tx/leaf.csr"
  else
    fresh "$1/leaf.key" root root 0600
    new_key req -config "$tx/leaf.conf" -keyout "$temp" -out "$tx/leaf.csr"
    replace "$1/leaf.key"
  fi
  fresh "$1/leaf.pem" root root 0600
  openssl x509 -req -in "$tx/leaf.csr" -CA "$1/ca.pem" -CAkey "$1/ca.key" -set_serial "0x01$(random_hex 15)" \\
    -sha256 -days "$2" -extfile "$tx/leaf.ext" >"$temp"
  cat "$1/ca.pem" >>"$temp"
  replace "$1/leaf.pem"
}
`;
