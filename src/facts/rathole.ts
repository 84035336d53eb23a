import { type Fact, tagged } from './fact.ts';

export const rathole: Fact<Readonly<Record<string, string>>> = {
  // A program in reconcile's own folder has its version in its name; only others are asked.
  shell: `
  set --
  inPath=$(command -v rathole) && set -- "$inPath"
  while read -r tag _ program; do
    case "$tag $program" in "exe "*/rathole*) set -- "$@" "\${program% (deleted)}" ;; esac
  done <<EOF_PROGRAMS
$running
EOF_PROGRAMS
  for program; do
    case $program in
      /usr/local/lib/reconcile/bin/*) ;;
      *)
        said=$(timeout 2 "$program" --version 2>/dev/null </dev/null) || said=
        printf '%s %s\\n' "$program" "$(printf '%s\\n' "$said" | head -n 1)"
        ;;
    esac
  done`,
  parse: (lines) =>
    Object.fromEntries(
      tagged(lines).map(([program, said]) => [program, /\d+\.\d+\.\d+\S*/.exec(said)?.[0] ?? '']),
    ),
};
