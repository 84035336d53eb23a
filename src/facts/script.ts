import { LOCK_PATIENCE } from '../artifacts/lock.ts';
import { LOCK } from '../artifacts/paths.ts';

/** The release of the format; both sides must speak the same. */
export const FORMAT = 3;

const PRELUDE = `#!/bin/sh
# Made by reconcile; it changes nothing. It prints what is found on this host: facts between @begin and @end.
# Secrets leave it as fingerprints only. Fits an SSH forced command.
export LC_ALL=C PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
umask 077

absent() { verdict=absent; }

unreadable() { # WHY, of which the last line counts
  verdict=unreadable
  while IFS= read -r line; do why=$line; done <<EOF_WHY
$1
EOF_WHY
}

observe() { # FACT
  verdict=present why=
  printf '@begin %s\\n' "$1"
  "fact_$1"
  printf '@end %s %s %s\\n' "$1" "$verdict" "$why"
}
`;

/**
 * The whole script: a function called on its last line, so that half a script does nothing. What it prints is how the
 * host is between two runs of reconcile there, not in the midst of one, unless that takes longer than its patience.
 */
export function assemble(
  functions: readonly string[],
  facts: readonly (readonly [name: string, shell: string])[],
): string {
  const names = facts.map(([name]) => name);
  const bodies = facts.map(([name, shell]) => `fact_${name}() {${shell}\n}\n`);
  const main = `
main() {
  if [ -r ${LOCK} ]; then exec 8<${LOCK} && flock -s -w ${LOCK_PATIENCE} 8; fi
  read -r uptime _ </proc/uptime
  read -r now zone <<EOF_DATE
$(date '+%s.%N %z')
EOF_DATE
  read -r kernel machine <<EOF_UNAME
$(uname -rm)
EOF_UNAME
  # Held back until the lock is free again: a slow reader keeps nobody waiting.
  facts=$(for fact in ${names.join(' ')}; do observe "$fact"; done)
  exec 8<&-
  printf '@reconcile-observation ${FORMAT}\\n%s\\n@done ${names.length}\\n' "$facts"
}

main </dev/null
`;
  return [PRELUDE, ...functions.map((text) => `${text.trim()}\n`), ...bodies, main.trimStart()].join('\n');
}
