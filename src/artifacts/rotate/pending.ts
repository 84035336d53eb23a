/** Shell functions for pending-tokens.json: the fields that it always had, and per service what its record says. */
export const PENDING_FILE = `
write_pending() {
  beside "$pending"
  print_pending >"$temp" && replace_changed "$pending"
}

# Removed where nothing is in motion: with it the timer ends.
disarm() {
  for record in "$state"/rotation/*/record; do
    [ -f "$record" ] || continue
    service=\${record%/record}
    read_service "\${service##*/}"
    if in_motion; then
      write_pending
      return
    fi
  done
  rm -f -- "$pending" && sync -- "$etc"
}

# Tokens go from file to file by way of awk alone.
print_pending() {
  generated=0 earliest=0 entries=''
  set --
  for record in "$state"/rotation/*/record; do
    [ -f "$record" ] || continue
    service=\${record%/record}
    read_service "\${service##*/}"
    in_motion || continue
    entries="$entries\${entries:+,}\\"$service\\":{\\"generation\\":$next,\\"staged_at\\":$staged_at,\\"finalize_at\\":$finalize_at}"
    set_fragments
    case $phase in staging | staged) ;; *) continue ;; esac
    if [ "$staged_at" -gt "$generated" ]; then generated=$staged_at; fi
    if [ "$earliest" -eq 0 ] || [ "$finalize_at" -lt "$earliest" ]; then earliest=$finalize_at; fi
    if [ -f "$client_fragment" ]; then set -- "$@" "$client_fragment"; fi
  done
  if [ "$generated" -eq 0 ]; then generated=$now earliest=$now; fi
  printf '{"generated":"%s","finalize_at":"%s","tokens":{' "$(iso_time "$generated")" "$(iso_time "$earliest")"
  cat -- "$@" </dev/null | awk '
    /^\\[client\\.services\\./ { name = substr($0, 18, length($0) - 18); if (name !~ /^"/) name = "\\"" name "\\"" }
    sub(/^token = /, "") { printf "%s%s:%s", (count++ ? "," : ""), name, $0 }'
  printf '},"services":{%s}}\\n' "$entries"
}
`;
