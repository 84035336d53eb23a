import { MARKER_LINE } from '../marker.ts';
import { ETC, LIBRARY } from '../paths.ts';

export const KEEP_PROGRAM = `${LIBRARY}/keep`;

/** Keeps a rathole client running where there is no systemd: cron starts it each minute, and a second one ends at once. */
export function keepScript(prefix: string): string {
  return `#!/bin/sh
${MARKER_LINE}# Usage: keep HOST
set -u
cd "${prefix}${ETC}/$1" || exit 1
exec 9>>.keep
flock -n 9 || exit 0
echo "$$" >.keep
trap 'kill "$child"; exit 0' TERM
while [ -f client.toml ]; do
  su -s /bin/sh rathole -c 'exec ./rathole --client client.toml' 9<&- &
  child=$!
  wait "$child"
  sleep 1
done
`;
}

/** One crontab for all of a machine's hosts. `user` stands there in /etc/cron.d and is left out in a user's own. */
export function cronLines(hosts: readonly string[], prefix: string, user: '' | 'root '): string {
  const log = (name: string) => `2>&1 | logger -t ${name}`;
  const lines = hosts.flatMap((host) => [
    `* * * * * ${user}${prefix}${LIBRARY}/sync --tick 60 ${host} ${log('reconcile-sync')}`,
    `* * * * * ${user}${prefix}${KEEP_PROGRAM} ${host} ${log('rathole-client')}`,
  ]);
  return `${MARKER_LINE}${lines.join('\n')}\n`;
}
