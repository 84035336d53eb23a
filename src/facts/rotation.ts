import { rotationFolder } from '../artifacts/paths.ts';
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
          throw new Error(
            `${rotationFolder(service)}/record makes no sense: ${shortened(line)}. Its one line is, where generation 3 is served and nothing else: steady 3 0 3 0 0 -`,
          );
        return [service, record];
      }),
    ),
};

const shortened = (line: string) => JSON.stringify(line.length > 80 ? `${line.slice(0, 80)}…` : line);
