/**
 * Reads `nginx -T` (or one configuration file) and prints the directives that matter, a line each: `set NAME VALUE`,
 * `include main|http PATTERN`, `stream FILE`, `module PATH`. What `nginx -t` has to say stands before the first file
 * and comes out as `said TEXT`, what `nginx -V` has to say as `built TEXT`. Nothing else of the configuration leaves the host: it may hold keys.
 */
export const NGINX_AWK = `
    function directive(opens,   n, word) {
      n = split(words, word, /[ \\t]+/)
      if (word[1] == "") { for (i = 1; i < n; i++) word[i] = word[i + 1]; n-- }
      words = ""
      if (depth == 0 && opens && word[1] == "stream") print "stream " file
      if (depth == 0 && !opens) outside(word, n)
      if (depth == 1 && !opens && block[1] == "events" && word[1] == "worker_connections")
        print "set worker_connections " word[2]
      if (depth == 1 && !opens && block[1] == "http" && word[1] == "include") print "include http " word[2]
      if (opens) block[++depth] = word[1]
    }
    function outside(word, n) {
      if (word[1] == "load_module") print "module " word[2]
      if (word[1] ~ /^(worker_processes|worker_rlimit_nofile|pid)$/) print "set " word[1] " " word[2]
      if (word[1] == "user") print "set user " word[2] (n > 2 ? " " word[3] : "")
      # Only the first file is sure to be outside of http: error_log may stand on either side.
      if (files < 2 && word[1] == "error_log") print "set error_log " word[2]
      if (files < 2 && word[1] == "include") print "include main " word[2]
    }
    /^@status / { status = $0; next }
    END { if (status != "") print status }
    /^# configuration file .*:$/ { file = substr($0, 22, length($0) - 22); files++; depth = 0; words = ""; next }
    dumped && !files && /^(nginx version: |built (by|with) |running with |TLS SNI support |configure arguments:)/ { print "built " $0; next }
    dumped && !files { print "said " $0; next }
    {
      rest = $0
      while (rest != "") {
        if (quote != "") {
          at = index(rest, quote)
          if (!at) { words = words rest; break }
          words = words substr(rest, 1, at - 1); rest = substr(rest, at + 1); quote = ""
          continue
        }
        if (!match(rest, /[;{}#"'\\'']/)) { words = words rest; break }
        before = substr(rest, 1, RSTART - 1); sign = substr(rest, RSTART, 1); rest = substr(rest, RSTART + 1)
        words = words before
        if (sign == "#") {
          if (before == "" && words != "" && words !~ /[ \\t]$/ || before != "" && before !~ /[ \\t]$/) words = words sign
          else break
        }
        else if (sign == ";") directive(0)
        else if (sign == "{" && words ~ /\\$$/) { at = index(rest, "}"); words = words "{" substr(rest, 1, at); rest = substr(rest, at + 1) }
        else if (sign == "{") directive(1)
        else if (sign == "}") { if (depth > 0) depth--; words = "" }
        else quote = sign
      }
      words = words " "
    }`;

/**
 * The tail of an error log: only what the running master (`pid`) complained about.
 * Others' \`nginx -t\` write into the same log.
 */
export const NGINX_ERRORS_AWK = `
    index($0, " [emerg] " pid "#") { print "emerg " substr($0, 1, 500) }`;
