import { ETC } from '../artifacts/paths.ts';
import { type Fact, tagged } from './fact.ts';

/** A client's key file is a line that curl and wget read; the servers' own files hold the key alone, so that is hashed. */
export const heldKeys: Fact<Readonly<Record<string, string>>> = {
  shell: `
  for file in ${ETC}/*/key; do
    if [ ! -f "$file" ] || [ -h "$file" ]; then continue; fi
    [ -r "$file" ] || { unreadable "the key $file cannot be read"; return; }
    sum=$(sed -n 's/^header = X-Api-Key://p' "$file" | tr -d '\\n' | sha256sum)
    server=\${file%/key}
    printf '%s %s\\n' "\${server##*/}" "\${sum%% *}"
  done`,
  parse: (lines) => Object.fromEntries(tagged(lines)),
};
