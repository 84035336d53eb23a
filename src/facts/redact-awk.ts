import { BLANKS } from '../artifacts/template.ts';

const HEX_32 = '[0-9a-fA-F]'.repeat(32);
/** Each joint copies all that is joined before it, so long texts are put together by pieces of so many bytes. */
const PIECE = 8192;

/**
 * Prints texts with their secrets replaced (`-v mode=print`), or only the secrets, once each and in the order in
 * which they are replaced (`-v mode=collect`): both walk through the texts alike, so the n-th fingerprint belongs to
 * the n-th secret. On stdin, a line each: fingerprints, then `form=toml|json|own|plain|key` and the files of that form.
 * Of a key, which is a file's first line, only `fingerprint HEX` is printed: to descriptor 4, a pipe.
 *
 * A text is either understood line by line or withheld as a whole: what cannot be told apart from a secret is one.
 */
export const REDACT_AWK = `
    function secret(value) {
      if (!(value in place)) {
        place[value] = ++secrets
        if (mode == "collect") print value
      }
      return "{{fingerprint " ((place[value] in known) ? known[place[value]] : "unknown") "}}"
    }

    # Keys and tokens as reconcile makes them, wherever they stand; not the published hash of a text.
    function masked(text,   word, n, i, at, done, out, some) {
      if (text !~ /${HEX_32}/) return text
      n = split(text, word, /[^0-9a-fA-F]/); at = done = 1; out = some = ""
      for (i = 1; i <= n; i++) {
        if (length(word[i]) >= 32 && substr(text, at > 40 ? at - 40 : 1, at > 40 ? 40 : at - 1) !~ /(sha256|client_toml)[:= ]*$/) {
          some = some substr(text, done, at - done) secret(word[i]); done = at + length(word[i])
          if (length(some) > ${PIECE}) { out = out some; some = "" }
        }
        at += length(word[i]) + 1
      }
      return out some substr(text, done)
    }

    # Only comments of our own are shown: a commented-out token is still a token.
    function comment(text) { return text ~ /reconcile/ ? masked(text) : "# {{withheld}}" }

    function harmless(key) {
      return key ~ /^(bind_addr|heartbeat_interval|heartbeat_timeout|hostname|keepalive_interval|keepalive_secs|local_addr|nodelay|pattern|pkcs12|prefer_ipv6|remote_addr|remote_public_key|retry_interval|tls|trusted_root|type)$/
    }

    # One line of TOML; sets unsure when it is of any form but the plain ones.
    function toml(text,   head, key, value, tail) {
      if (text ~ /^[ \\t]*$/) return text
      if (text ~ /^[ \\t]*#/) return comment(text)
      if (text ~ /^[ \\t]*\\[[-A-Za-z0-9_."'\\'' ]+\\][ \\t]*(#.*)?$/) { sub(/\\][ \\t]*#.*$/, "] # {{withheld}}", text); return text }
      if (!match(text, /^[ \\t]*[-A-Za-z0-9_]+(\\.[-A-Za-z0-9_]+)*[ \\t]*=[ \\t]*/)) { unsure = 1; return "" }
      head = substr(text, 1, RLENGTH); text = substr(text, RLENGTH + 1)
      key = head; gsub(/[ \\t=]/, "", key); sub(/.*\\./, "", key)
      if (!match(text, /^("[^"\\\\]*"|'\\''[^'\\'']*'\\''|[-+]?[0-9_]+|true|false)/)) { unsure = 1; return "" }
      value = substr(text, 1, RLENGTH); tail = substr(text, RLENGTH + 1)
      if (tail ~ /^[ \\t]*#/) tail = " # {{withheld}}"
      else if (tail !~ /^[ \\t]*$/) { unsure = 1; return "" }
      if (harmless(key) && value !~ /@/) return head masked(value) tail
      if (value ~ /^["'\\'']/) return head substr(value, 1, 1) secret(substr(value, 2, length(value) - 2)) substr(value, 1, 1) tail
      return head secret(value) tail
    }

    # Strings of JSON are secrets but for keys, times, and the values of keys that name things.
    function json(text,   part, n, i, out, some, key) {
      n = split(text, part, "\\"")
      if (text ~ /\\\\/ || n % 2 == 0) { unsure = 1; return "" }
      for (i = 1; i <= n; i += 2) {
        out = part[i]; gsub(/true|false|null/, "", out)
        if (out ~ /[^][{}:, \\t\\n0-9.+-]/ || out ~ /[0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9][0-9]/) { unsure = 1; return "" }
      }
      out = part[1]; some = ""
      for (i = 2; i < n; i += 2) {
        if (part[i + 1] ~ /^[ \\t\\n]*:/) { key = part[i]; some = some "\\"" masked(key) "\\"" }
        else if (part[i] ~ /^[0-9][0-9][0-9][0-9]-[0-9][0-9]-[0-9][0-9]T[0-9:.]+Z$/ || key ~ /^(client|cutover|domain|name|protocol|service|state|status|stragglers|strategy|transport|tunnel|type)$/)
          some = some "\\"" masked(part[i]) "\\""
        else some = some "\\"" secret(part[i]) "\\""
        some = some part[i + 1]
        if (length(some) > ${PIECE}) { out = out some; some = "" }
      }
      return out some
    }

    # One line of a text of ours that somebody may have edited: units, nginx, sysctl. The blank of a template is no secret.
    function plain(text,   low, word) {
      if (text ~ /^[ \\t]*map[ \\t]+\\$(http|arg|cookie)_/) in_map = 1
      else if (in_map && text ~ /}/) in_map = 0
      else if (in_map && text !~ /^[ \\t]*(#|$|default[ \\t]|hostnames|volatile|include[ \\t])/) {
        match(text, /[^ \\t]/); word = substr(text, RSTART); sub(/[ \\t].*/, "", word)
        return substr(text, 1, RSTART - 1) quoted(word) masked(substr(text, RSTART + length(word)))
      }
      low = tolower(text)
      if (low ~ /^[ \\t]*#/ ? match(low, /(token|secret|passw|authorization|bearer|api[-_]?key)[-a-z0-9_]*["'\\'' \\t]*[:=][ \\t]*/) : match(low, /(token|secret|passw|authorization|bearer|api[-_]?key)[-a-z0-9_]*["'\\'']*[:= \\t][ \\t]*/)) {
        word = substr(text, RSTART + RLENGTH)
        if (word != "" && word != "= \\"${BLANKS.token}\\"" && word !~ /^[$\\/{(;]/ && word !~ /^(on|off|yes|no|true|false)[; \\t]*$/) return masked(substr(text, 1, RSTART + RLENGTH - 1)) secret(word)
      }
      return masked(text)
    }

    function quoted(word) {
      if (word !~ /^".+"$/) return word == "\\"\\"" ? word : secret(word)
      return "\\"" secret(substr(word, 2, length(word) - 2)) "\\""
    }

    function redact(   i, all, some) {
      unsure = 0; in_map = 0
      for (i = 1; i <= n; i++) if (index(line[i], "{{")) return "holds what looks like a placeholder"
      if (bytes > 1048576) return "is longer than 1 MiB"
      if (form == "plain" && line[1] !~ /reconcile/) return "was not made by reconcile"
      if (form == "json") {
        all = line[1]; some = ""
        for (i = 2; i <= n; i++) {
          some = some "\\n" line[i]
          if (length(some) > ${PIECE}) { all = all some; some = "" }
        }
        all = json(all some)
        if (unsure) return "is not plain JSON"
        n = split(all, line, "\\n")
        return ""
      }
      for (i = 1; i <= n; i++) {
        line[i] = form == "toml" ? toml(line[i]) : plain(line[i])
        if (unsure) return "line " i " is in a form that could hide a token"
      }
      return ""
    }

    function show(path,   i, why) {
      read(path)
      if (form == "key") { why = secret(line[1]); if (mode == "print") print "fingerprint " substr(why, 15, length(why) - 16) >"/dev/fd/4"; return }
      why = redact()
      if (mode == "collect") return
      print "text " path
      if (why != "") print "withheld " why
      else for (i = 1; i <= n; i++) print "|" line[i]
      print "bytes " bytes
    }

    function read(path,   got, one) {
      n = bytes = 0; line[1] = ""
      while ((got = (getline one <path)) > 0) { bytes += length(one) + 1; if (bytes <= 1048576) line[++n] = one }
      close(path)
      if (got < 0) exit 1
    }

    /^form=/ { form = substr($0, 6); next }
    /^\\// { show($0); next }
    { known[++fingerprints] = substr($0, 1, 8) }`;
