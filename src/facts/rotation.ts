import { parseRecord } from '../codec/record.ts';
import type { RotationRecord } from '../model/rotation.ts';
import { type Fact, tagged } from './fact.ts';

export const rotations: Fact<Readonly<Record<string, RotationRecord>>> = {
  shell: `
  records=/var/lib/reconcile/rotation
  if [ ! -d "$records" ]; then absent; return; fi
  if [ ! -r "$records" ] || [ ! -x "$records" ]; then unreadable "$records cannot be listed"; return; fi
  for record in "$records"/*/record; do
    [ -e "$record" ] || continue
    [ -r "$record" ] || { unreadable "$record cannot be read"; return; }
    line=''
    IFS= read -r line <"$record" || :
    service=\${record%/record}
    printf '%s %s\\n' "\${service##*/}" "$line"
  done`,
  parse: (lines) =>
    Object.fromEntries(
      tagged(lines).map(([service, line]) => {
        const record = parseRecord(line);
        if (record === undefined)
          throw new Error(`the record of ${service} makes no sense: ${JSON.stringify(line)}`);
        return [service, record];
      }),
    ),
};
