/**
 * Who listens at a service's slots, for all services from one answer of `ss -H -l -t -u -n -p`. The awk program reads
 * that answer, an empty line, and a line per service: `… PROTOCOL ADDRESS PORT ADDRESS PORT`, the current slot and the
 * next one. It prints the other words of each such line and `free`, `ours`, `foreign` or `unseen` for each slot.
 *
 * Ours is only what listens at exactly that address, owned by rathole's main process alone. A listener on all addresses,
 * one that is bound to a device, or an IPv6 one for an IPv4 address takes the slot and proves nothing, whoever owns it.
 * A process chooses its own name, so what does not fit to the last character proves no owner.
 */
export const LISTENERS = `
function read_listener(    where, port, rest, field, kind) {
  port = where = $5
  sub(/.*:/, "", port)
  sub(/:[0-9]+$/, "", where)
  kind = "exact"
  if (sub(/%[^]]*/, "", where)) kind = "foreign"
  gsub(/[][]/, "", where)
  if (where == "*") where = "::"
  if (sub(/^::[fF][fF][fF][fF]:/, "", where)) kind = "foreign"
  rest = $0
  for (field = 1; field <= 6; field++) sub(/^[^ \\t]+[ \\t]*/, "", rest)
  sub(/[ \\t]+$/, "", rest)
  if (kind == "exact") kind = owner(rest)
  note($1 " " where " " port, kind)
}
function owner(users,    parts, count, part) {
  if (users !~ /^users:\\(((\\("[^"]*",pid=[0-9]+,fd=[0-9]+\\),)*(\\("[^"]*",pid=[0-9]+,fd=[0-9]+\\)))\\)$/) return "unseen"
  gsub(/"[^"]*"/, "", users)
  count = split(users, parts, "pid=")
  for (part = 2; part <= count; part++) if (parts[part] + 0 != rathole + 0) return "foreign"
  return "ours"
}
# Of several listeners at one address the worst counts.
function note(key, kind) {
  if (seen[key] == "foreign" || (seen[key] == "unseen" && kind == "ours")) return
  seen[key] = kind
}
function reading(protocol, where, port,    key) {
  key = protocol " " where " " port
  if (where != "0.0.0.0" && (protocol " 0.0.0.0 " port) in seen) return "foreign"
  if (where != "::" && (protocol " :: " port) in seen) return "foreign"
  return (key in seen) ? seen[key] : "free"
}
NF == 0 { services = 1; next }
services { print $1, $2, $3, reading($4, $5, $6), reading($4, $7, $8); next }
{ read_listener() }
`;
