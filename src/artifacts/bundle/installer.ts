/** The installer's own part: what it does with the files that the rest of the bundle holds. */
export const INSTALLER = String.raw`
say() { printf '%s\n' "$1" >&2; }
die() {
  say "$1"
  exit 1
}
has_systemd() { [ -d "$prefix/run/systemd/system" ]; }

# place PATH MODE: stdin becomes that file, is shown, or the file goes, as the mode of this run has it.
place() {
  case $run in
    install) put "$1" "$2" ;;
    print)
      printf '\n### %s %s\n' "$2" "$1"
      cat
      ;;
    uninstall) rm -f "$prefix$1" ;;
  esac
}

# put PATH MODE: stdin takes the file's place at once, unless it is the same already. Notes in changed what it did.
put() {
  mkdir -p "$(dirname "$prefix$1")"
  cat >"$prefix$1.new"
  if cmp -s "$prefix$1.new" "$prefix$1"; then
    rm -f "$prefix$1.new"
    chmod "$2" "$prefix$1"
  else
    chmod "$2" "$prefix$1.new"
    sync "$prefix$1.new"
    mv -f "$prefix$1.new" "$prefix$1"
    changed="$changed $1"
    say "wrote $1"
  fi
}

# download URL FILE
download() {
  say "downloading $1"
  if command -v curl >/dev/null 2>&1; then
    curl -q --silent --show-error --fail --location --proto =https --proto-redir =https --output "$2" "$1"
  elif wget --version 2>/dev/null | grep -q '^GNU Wget 1\.'; then
    wget --quiet --https-only --output-document="$2" "$1"
  else
    die 'needs curl or GNU wget to download rathole'
  fi
  [ "$(head -c 2 "$2")" != PK ] || {
    command -v unzip >/dev/null 2>&1 || die 'needs unzip for the downloaded rathole'
    unzip -p "$2" rathole >"$2.out" && mv -f "$2.out" "$2"
  }
}

machine() {
  case $(uname -m) in
    armv7*) echo armv7 ;;
    *) uname -m ;;
  esac
}

# place_program SERVER: its rathole, by its hash, and the link to it in the server's folder
place_program() {
  which="$(version_of "$1") $(machine)"
  path=$(program_path "$which")
  [ -n "$path" ] || die "this bundle has no rathole for $which"
  if [ "$run" = print ]; then
    printf '\n### 0755 %s (rathole %s, SHA-256 %s)\n' "$path" "$which" "$(program_sum "$which")"
    return
  fi
  if [ ! -x "$prefix$path" ]; then
    mkdir -p "$(dirname "$prefix$path")"
    program_bytes "$which" "$prefix$path.new"
    printf '%s  %s\n' "$(program_sum "$which")" "$prefix$path.new" | sha256sum -c - >/dev/null 2>&1 || {
      rm -f "$prefix$path.new"
      die "rathole $which is not the one that was pinned"
    }
    chmod 0755 "$prefix$path.new"
    sync "$prefix$path.new"
    mv -f "$prefix$path.new" "$prefix$path"
    say "wrote $path"
  fi
  folders_readable
  if [ "$(readlink "$prefix/etc/rathole/$1/rathole")" != "$prefix$path" ]; then
    ln -sfn "$prefix$path" "$prefix/etc/rathole/$1/rathole"
    changed="$changed /etc/rathole/$1/rathole"
  fi
}

# The umask is for secrets; programs are everybody's.
folders_readable() {
  chmod 0755 "$prefix/usr/local/lib/reconcile" "$prefix/usr/local/lib/reconcile/bin"
}

make_user() {
  id rathole >/dev/null 2>&1 && return
  if command -v useradd >/dev/null 2>&1; then
    useradd --system --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin rathole
  else
    addgroup -S rathole && adduser -S -D -H -s /sbin/nologin -G rathole rathole
  fi
  say 'made the user rathole'
}

# As long as there are files of other origin in rathole's folder, so is their user.
remove_user() {
  [ ! -d "$prefix/etc/rathole" ] || return 0
  id rathole >/dev/null 2>&1 || return 0
  if command -v userdel >/dev/null 2>&1; then userdel rathole; else deluser rathole; fi || return 0
  say 'removed the user rathole'
}

# The folder's group is every new file's, so the sync step needs no power to change owners.
make_folder() {
  if [ ! -d "$prefix/etc/rathole" ]; then
    mkdir -p "$prefix/etc/rathole"
    chgrp rathole "$prefix/etc/rathole"
    chmod 0750 "$prefix/etc/rathole"
  fi
  if [ ! -d "$prefix/etc/rathole/$1" ]; then
    mkdir "$prefix/etc/rathole/$1"
    chgrp rathole "$prefix/etc/rathole/$1"
    chmod 2750 "$prefix/etc/rathole/$1"
  fi
}

# A key that this bundle brought once may have been replaced since: it is not brought again.
place_key() {
  mark=$(key_of "$1" | sha256sum | cut -c 1-64)
  folder=/etc/rathole/$1
  if [ -s "$prefix$folder/key" ] && [ "$(cat "$prefix$folder/bundle" 2>/dev/null)" = "$mark" ]; then return; fi
  settings_of "$1" | put "$folder/sync.conf" 0600
  key_of "$1" | put "$folder/key" 0600
  echo "$mark" | put "$folder/bundle" 0600
}

install_server() {
  make_folder "$1"
  authority=$(authority_of "$1")
  if [ -n "$authority" ]; then printf '%s\n' "$authority" | put "/etc/rathole/$1/ca.pem" 0640; fi
  place_key "$1"
  place_program "$1"
}

print_server() {
  if [ -n "$(authority_of "$1")" ]; then authority_of "$1" | place "/etc/rathole/$1/ca.pem" 0640; fi
  settings_of "$1" | place "/etc/rathole/$1/sync.conf" 0600
  printf '\n### 0600 /etc/rathole/%s/key\n[secret]\n' "$1"
  place_program "$1"
}

start_server() {
  if has_systemd; then
    systemctl --quiet enable "rathole-client@$1.service"
    systemctl --quiet enable --now "reconcile-sync@$1.timer" "rathole-client@$1.path"
  fi
  status=0
  "$prefix/usr/local/lib/reconcile/sync" "$1" || status=$?
  [ "$status" -eq 0 ] || say "$1: the first poll ended with $status; the next one comes by itself"
  if has_systemd; then
    case $changed in
      *rathole-client@.service* | *"/etc/rathole/$1/rathole"*) systemctl --quiet restart "rathole-client@$1.service" ;;
      *) systemctl --quiet start "rathole-client@$1.service" ;;
    esac
  fi
}

stop_server() {
  if has_systemd; then
    systemctl --quiet disable --now "reconcile-sync@$1.timer" "rathole-client@$1.path" "rathole-client@$1.service" \
      2>/dev/null || :
    systemctl --quiet stop "reconcile-sync@$1.service" "reconcile-first-sync@$1.service" 2>/dev/null || :
    systemctl --quiet reset-failed "rathole-client@$1.*" "reconcile-sync@$1.*" "reconcile-first-sync@$1.service" \
      2>/dev/null || :
  elif [ -s "$prefix/etc/rathole/$1/.keep" ]; then
    kill "$(cat "$prefix/etc/rathole/$1/.keep")" 2>/dev/null || :
  fi
}

# Debian's cron reads cron.d; busybox's reads one file per user, where our lines stand between two marks.
install_cron() {
  if [ -d "$prefix/etc/cron.d" ]; then
    cron_with_user | place /etc/cron.d/reconcile 0644
  elif [ -d "$prefix/etc/crontabs" ]; then
    { other_cron && echo '# reconcile begin' && cron_without_user && echo '# reconcile end'; } | put /etc/crontabs/root 0600
  else
    say 'no systemd and no cron was found; have these lines run:'
    cron_without_user
  fi
}
other_cron() {
  [ ! -f "$prefix/etc/crontabs/root" ] || sed '/^# reconcile begin$/,/^# reconcile end$/d' "$prefix/etc/crontabs/root"
}
remove_cron() {
  rm -f "$prefix/etc/cron.d/reconcile"
  if grep -q '^# reconcile begin$' "$prefix/etc/crontabs/root" 2>/dev/null; then
    other_cron | put /etc/crontabs/root 0600
  fi
}

install() {
  [ "$(id -u)" -eq 0 ] || die 'only root can do this'
  make_user
  shared_files
  for server in $servers; do install_server "$server"; done
  if has_systemd; then
    case $changed in */etc/systemd/*) systemctl daemon-reload ;; esac
  else
    install_cron
  fi
  for server in $servers; do start_server "$server"; done
}

# What another bundle's servers still use stays.
uninstall() {
  [ "$(id -u)" -eq 0 ] || die 'only root can do this'
  for server in $servers; do
    stop_server "$server"
    rm -rf "$prefix/etc/rathole/$server"
    say "removed /etc/rathole/$server and what ran for it"
  done
  if ls "$prefix"/etc/rathole/*/key >/dev/null 2>&1; then
    say 'kept what other servers of this machine use'
    return
  fi
  shared_files </dev/null
  remove_cron
  for server in $servers; do rm -f "$prefix$(program_path "$(version_of "$server") $(machine)")"; done
  rmdir "$prefix/usr/local/lib/reconcile/bin" "$prefix/usr/local/lib/reconcile" "$prefix/etc/rathole" 2>/dev/null || :
  if has_systemd; then systemctl daemon-reload; fi
  remove_user
  say 'removed the programs, the units and the cron lines of reconcile'
}

main() {
  changed=''
  case $#,$* in
    0,) run=install && install ;;
    1,--print)
      run=print
      shared_files
      has_systemd || cron_with_user
      for server in $servers; do print_server "$server"; done
      ;;
    1,--uninstall) run=uninstall && uninstall ;;
    *) die 'usage: sh FILE [--print | --uninstall]' ;;
  esac
}
`;
