import { nginxWord } from '../../codec/nginx.ts';
import { keyPlaceholder } from '../../codec/placeholder.ts';
import { MARKER_LINE } from '../marker.ts';

/** One API key that is served: `number` rises with each successor, and tells them apart in the log. */
export interface PullKey {
  readonly client: string;
  readonly number: number;
}

const HEAD = `${MARKER_LINE}map $http_x_api_key $reconcile_key {
  default "";
`;
const TAIL = '}\n';

/** From API keys to clients, as the host writes it: sorted by client and number. A key that is not listed is nobody's. */
export function keyMap(keys: readonly PullKey[]): string {
  const lines = keys.map(
    ({ client, number }) => `  "${keyPlaceholder(client, number)}" ${nginxWord(`${client}.k${number}`)};\n`,
  );
  return `${HEAD}${lines.join('')}${TAIL}`;
}

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
  cat <<'END_OF_HEAD'
${HEAD}END_OF_HEAD
  for record in "$state"/clients/*/key; do
    [ -f "$record" ] || continue
    client=$(basename "$(dirname "$record")")
    numbers=$(served_keys "$client") || return
    for number in $numbers; do
      printf '  "' && cat "$state/keys/$client.k$number" && printf '" %s.k%s;\n' "$client" "$number" || return
    done
  done
  printf '%s\n' '${TAIL.trimEnd()}'
}
`;
