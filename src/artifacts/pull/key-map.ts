import { nginxWord } from '../../codec/nginx.ts';
import { keyPlaceholder } from '../../codec/placeholder.ts';
import { MARKER_LINE } from '../marker.ts';

/** One API key that is served: `number` rises with each successor, and tells them apart in the log. */
export interface PullKey {
  readonly client: string;
  readonly number: number;
}

/** Keys in one map: nginx warns where it cannot give each its own of 2048 places, as from 150 or so on. */
const KEYS = 64;
/** Maps in a row: nginx follows a hundred variables at most from one to the next. */
const ROW = 50;

/**
 * From API keys to clients, as the host writes it: sorted by client and number. A key that is not listed is nobody's.
 * nginx's limits for maps stay as they are, for others' maps have them in common and may stand before ours.
 */
export function keyMap(keys: readonly PullKey[]): string {
  const count = Math.ceil(keys.length / KEYS);
  const maps = Array.from({ length: count }, (_, at) => {
    const lines = keys
      .slice(at * KEYS, (at + 1) * KEYS)
      .map(
        ({ client, number }) =>
          `  "${keyPlaceholder(client, number)}" ${nginxWord(`${client}.k${number}`)};\n`,
      );
    const before = at % ROW === 0 ? '""' : variable(at - 1);
    return `map $http_x_api_key ${variable(at)} {\n  default ${before};\n${lines.join('')}}\n`;
  });
  const rows = maps.flatMap((_, at) => (at % ROW === ROW - 1 || at === count - 1 ? [variable(at)] : []));
  return `${MARKER_LINE}${maps.join('')}map $uri $reconcile_key {\n  default "${rows.join('')}";\n}\n`;
}

/** Short, for nginx has little room for the names of variables, and warns of that too. */
const variable = (at: number) => `$rk_${at}`;

/**
 * Shell functions that write the same from the keys' records: the truth about keys is on the host, and so no key
 * travels. They need `$state`.
 */
export const KEY_MAP = String.raw`
# served_keys CLIENT: prints the numbers of the keys that its record says are to be answered.
served_keys() {
  read -r key_phase key_current key_next _ <"$state/clients/$1/key" || return
  case $key_phase in
    steady) printf '%s\n' "$key_current" ;;
    announcing | announced) printf '%s\n%s\n' "$key_current" "$key_next" ;;
    retiring | replacing) printf '%s\n' "$key_next" ;;
    *) return 1 ;;
  esac
}

print_key_map() {
  LC_ALL=C
  printf '%s' '${MARKER_LINE}'
  count=0 rows=''
  for record in "$state"/clients/*/key; do
    [ -f "$record" ] || continue
    client=${'$'}{record%/key}
    client=${'$'}{client##*/}
    numbers=$(served_keys "$client") || return
    for number in $numbers; do
      if [ $((count % ${KEYS})) -eq 0 ]; then begin_map; fi
      printf '  "' && cat "$state/keys/$client.k$number" && printf '" %s.k%s;\n' "$client" "$number" || return
      count=$((count + 1))
    done
  done
  if [ "$count" -gt 0 ]; then
    echo '}'
    rows="$rows\$rk_$(((count - 1) / ${KEYS}))"
  fi
  # shellcheck disable=SC2016 # nginx's variables
  printf 'map $uri $reconcile_key {\n  default "%s";\n}\n' "$rows"
}

# begin_map: ends the map before it; the first of a row ends that row.
begin_map() {
  at=$((count / ${KEYS})) before='""'
  if [ "$at" -gt 0 ]; then
    echo '}'
    if [ $((at % ${ROW})) -eq 0 ]; then rows="$rows\$rk_$((at - 1))"; else before="\$rk_$((at - 1))"; fi
  fi
  # shellcheck disable=SC2016 # nginx's variables
  printf 'map $http_x_api_key $rk_%s {\n  default %s;\n' "$at" "$before"
}
`;
