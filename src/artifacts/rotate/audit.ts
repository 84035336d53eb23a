/**
 * Shell functions for one JSON line per service, generation and action, appended once. They need `$audit_log`, and of
 * an entry `$now`, `$actor` and `$service`.
 */
export const AUDIT_ENTRIES = `
# is_audited SERVICE OPERATION GENERATION
is_audited() {
  grep -q -F -e "\\"target\\":\\"$1\\",\\"operation\\":\\"$2\\",\\"generation\\":$3," -- "$audit_log" 2>/dev/null
}

# print_entry OPERATION GENERATION OUTCOME DETAIL: without the sequence number
print_entry() {
  if [ "\${dated-}" != "$now" ]; then dated=$now date=$(iso_time "$now"); fi
  printf '"time":"%s","actor":"%s","target":"%s","operation":"%s","generation":%s,"outcome":"%s","detail":"%s"}\\n' \\
    "$date" "$actor" "$service" "$1" "$2" "$3" "$4"
}

# Appends its input in one write. A line that a power failure has torn is left, and closed.
append_entries() {
  entries=$(cat)
  [ -n "$entries" ] || return 0
  if [ -s "$audit_log" ] && [ -n "$(tail -c 1 -- "$audit_log" | tr '\\n' ' ' | tr -d ' ')" ]; then echo >>"$audit_log"; fi
  sequence=$(tail -n 20 -- "$audit_log" 2>/dev/null | sed -n 's/^{"sequence":\\([0-9]*\\),.*}$/\\1/p' | tail -n 1)
  entries=$(printf '%s\\n' "$entries" | awk -v "last=\${sequence:-0}" '{ printf "{\\"sequence\\":%d,%s\\n", ++last, $0 }')
  printf '%s\\n' "$entries" >>"$audit_log" && sync -- "$audit_log"
}
`;

/** What the host's program says of its own actions. */
export const AUDIT_LOG = `${AUDIT_ENTRIES}
# An action that was cut off may have its line already; one that was decided in this run has none.
audit_all() {
  for each in $batch; do
    read_service "\${each%:*}"
    action=\${each#*:}
    set_rule "$service"
    case " $resumed " in
      *" $service "*) if is_audited "$service" "$action" "$next"; then continue; fi ;;
    esac
    set_detail
    print_entry "$action" "$next" ok "$detail"
  done | append_entries
}

# What is held is said once: status tells it as long as it lasts.
audit_held() {
  for each in $held; do
    read_service "$each"
    set_rule "$service"
    set_detail
    is_audited "$service" "$rule" "$next" || print_entry "$rule" "$next" held "$detail"
  done | append_entries
}

set_detail() {
  set_reason "$rule"
  detail=$reason
  case " $alike " in
    *" $service "*) detail="$reason; neither generation answers: the target behind the client is down" ;;
  esac
}
`;
