/**
 * The shell functions that transactions are made of. POSIX sh as dash and bash run it, under `set -eu`: a command
 * that fails ends the transaction, and the frame's EXIT trap backs out.
 *
 * Descriptor 3 carries the protocol; stdout and stderr go to a file whose end is a failed step's reason.
 */
export const LIBRARY = `
say() { printf '%s\\n' "$*" >&3 || :; }

die() { printf '%s\\n' "$*" >&2; exit 1; }

# The journal must never be what fails: a full disk is told by the step that needs the space. The clock is asked once
# for all lines of a second.
journal() {
  read -r uptime _ </proc/uptime
  if [ "\${uptime%.*}" != "$asked" ]; then asked=\${uptime%.*} clock=$(date -u +%Y-%m-%dT%H:%M:%SZ); fi
  unwritten="$unwritten$clock $id $*$newline"
  [ -d "$state" ] || return 0
  if printf %s "$unwritten" 2>/dev/null >>"$state/journal"; then unwritten=''; fi
}

begin() {
  step=$1
  : >"$tx/said"
  exec >>"$tx/said" 2>&1
  say "started $1"
  journal "step $1 of $steps: $2"
}

finished() { say "ok $step"; }

expect_absent() {
  if stands "$1"; then die "$1 is there by now; it was not when this was planned"; fi
}

expect_sha256() {
  if [ ! -f "$1" ] || [ -L "$1" ]; then die "$1 is not a file any more; it was when this was planned"; fi
  [ "$(sha256sum <"$1")" = "$2  -" ] || die "$1 was changed after this was planned"
}

# beside PATH: the names of what is to take its place, and of what stood there. Sets temp and old.
beside() {
  temp=\${1%/*}/.\${1##*/}.reconcile
  old=$temp-old
}

# fresh PATH OWNER GROUP MODE: a new, empty file beside PATH, nobody else's from its first byte on. Sets temp.
fresh() {
  beside "$1"
  install -T -o "$2" -g "$3" -m "$4" -- /dev/null "$temp"
}

# replace PATH: puts what fresh began in PATH's place, for good, keeping a link to what stood there.
replace() {
  beside "$1"
  sync -- "$temp"
  keep "$1"
  mv -f -T -- "$temp" "$1"
  sync -- "\${1%/*}"
}

# keep PATH: what stood there when the transaction began; a second change of the same path leaves that alone.
keep() {
  beside "$1"
  if among "$old" "$kept" || among "$1" "$made"; then return 0; fi
  if stands "$old"; then rm -f -- "$old"; fi
  if stands "$1"; then
    ln -P -T -- "$1" "$old"
    kept="$kept$old$newline"
  else
    made="$made$1$newline"
  fi
}

stands() { [ -e "$1" ] || [ -L "$1" ]; }

# among PATH PATHS: each of PATHS ends with a line break.
among() {
  case $newline$2 in *"$newline$1$newline"*) ;; *) return 1 ;; esac
}

# restore PATH: undoes replace or discard. A link needs no space, so this works on a full disk too.
restore() {
  beside "$1"
  rm -f -- "$temp"
  if stands "$old"; then
    mv -f -T -- "$old" "$1"
  elif among "$1" "$made"; then
    rm -f -- "$1"
  fi
}

# make_link PATH TARGET: in place of nothing, or of another link.
make_link() {
  if [ -e "$1" ] && [ ! -L "$1" ]; then die "$1 is not a link"; fi
  beside "$1"
  rm -f -- "$temp"
  ln -s -T -- "$2" "$temp"
  keep "$1"
  mv -f -T -- "$temp" "$1"
  sync -- "\${1%/*}"
}

discard() {
  keep "$1"
  rm -f -- "$1"
  sync -- "\${1%/*}"
}

# directory PATH OWNER GROUP MODE
directory() {
  if [ -d "$1" ]; then
    own "$@"
    return
  fi
  [ -d "\${1%/*}" ] || die "there is no folder \${1%/*} for $1"
  : >"$tx/changed.$step"
  install -d -o "$2" -g "$3" -m "$4" -- "$1"
}

# The folders of the journal and of the audit log stay: they tell what was done and taken back.
undo_directory() {
  if [ ! -e "$tx/changed.$step" ]; then
    own_again "$1"
  elif [ -d "$1" ]; then
    rmdir --ignore-fail-on-non-empty -- "$1"
  fi
}

# own PATH OWNER GROUP MODE. The mode last: chown drops the set-id bits.
own() {
  stat -c '%u:%g %a' -- "$1" >"$tx/owned.$step"
  chown -h -- "$2:$3" "$1"
  chmod -- "$4" "$1"
}

own_again() {
  [ -s "$tx/owned.$step" ] || return 0
  read -r was_owner was_mode <"$tx/owned.$step"
  chown -h -- "$was_owner" "$1"
  chmod -- "$was_mode" "$1"
}

expect_program() {
  [ "$(sha256sum <"$temp")" = "$1  -" ] || die 'the program did not arrive as it was sent'
}

# back_up PATH DIRECTORY: keeps the ten newest of each file.
back_up() {
  copy="$2/\${1##*/}.$(date -u +%Y%m%d_%H%M%S)"
  fresh "$copy" root root 0600
  cat -- "$1" >"$temp"
  sync -- "$temp"
  mv -f -T -- "$temp" "$copy"
  find "$2" -maxdepth 1 -type f -name "\${1##*/}.*" | sort | head -n -10 | xargs -r -d '\\n' rm -f --
}

# dash's own printf says "I/O error" of a full disk; cat tells why it cannot write.
literal() { printf %s "$1" 2>/dev/null || { printf %s "$1" | cat; return 1; }; }

random_hex() { od -An -v -tx1 -N "$1" /dev/urandom | tr -d ' \\n'; }

# record_of GENERATION HIGHEST made|found: the record of a service at rest; the age of a token that was found is unknown.
record_of() {
  since=-
  [ "$3" = found ] || since=$(date +%s)
  printf 'steady %s 0 %s 0 0 %s\\n' "$1" "$2" "$since"
}

# rotate ORDER SERVICE...: by the host's own program, which completes what it has decided, whatever happens here. So
# nothing that was done so far may be taken back from here on.
rotate() {
  committed=$step
  code=0
  "$rotator" --actor "$actor" --locked "$@" >"$tx/rotations" || code=$?
  while IFS= read -r line; do say "rotation $line"; done <"$tx/rotations"
  # 3: it refuses some of them, and says so in their lines.
  case $code in 0 | 3) ;; *) die "the rotation ended with exit status $code" ;; esac
}

# token SERVICE GENERATION: prints what make_token or keep_token left for this transaction.
token() {
  [ -s "$tx/token.$1.g$2" ] || die "this transaction has no token for $1 g$2"
  cat -- "$tx/token.$1.g$2"
}

make_token() { random_hex 32 >"$tx/token.$1.g$2"; }

# keep_token SERVICE GENERATION PATH NAME: takes it from the table of NAME, with or without quotes around it.
keep_token() {
  [ -f "$3" ] || die "the token of $1 g$2 is not on this host: $3 is missing"
  awk -v bare="[server.services.$4]" -v quoted="[server.services.\\"$4\\"]" '
    /^[ \\t]*\\[/ { sub(/^[ \\t]+/, ""); sub(/[ \\t]*(#.*)?$/, ""); inside = $0 == bare || $0 == quoted; next }
    inside && sub(/^[ \\t]*token[ \\t]*=[ \\t]*"/, "") && /^[^"\\\\]+"/ { sub(/".*/, ""); printf "%s", $0; exit }
  ' "$3" >"$tx/token.$1.g$2"
  [ -s "$tx/token.$1.g$2" ] || die "the token of $1 g$2 is not on this host: $3 holds none for $4"
}
`;
