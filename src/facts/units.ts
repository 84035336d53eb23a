import { clientInstances } from '../artifacts/bundle/units.ts';
import { ETC } from '../artifacts/paths.ts';
import type { ObservedUnit } from '../model/observed.ts';
import { type Clocks, clocks, type Fact, number, sinceBoot, tagged } from './fact.ts';

/**
 * By full name, so that one that does not run is seen too. The first exists nowhere: systemd looks into its folders
 * again for a name that it does not know, and only then tells of a new drop-in that it needs a reload.
 */
const UNITS = ['reconcile-unknown.service', 'nginx.service', 'rathole-server.service'];
/** Asked for by name if they are there: systemd takes as long for a unit without a file as for one that runs. */
const UNIT_FILES = ['rathole*.service', 'reconcile-*.service', 'reconcile-*.timer'];
/** The loaded ones of other origin. */
const PATTERNS = ["'rathole*.service'", "'reconcile-*'"];
/** A client's, for each server that it has a folder of: `$server` is TUNNEL-HOST. */
const CLIENT_UNITS = Object.values(clientInstances('$server')).map((unit) => `"${unit}"`);

const PROPERTIES = [
  'Id',
  'LoadState',
  'ActiveState',
  'SubState',
  'UnitFileState',
  'NeedDaemonReload',
  'DropInPaths',
  'MainPID',
  'ActiveEnterTimestampMonotonic',
];

export const units: Fact<Readonly<Record<string, ObservedUnit>>> = {
  // The rathole fact uses `running` too. /proc/PID/exe is what runs, whatever lies at that path by now; of a script
  // it is the interpreter, and the script is its first argument.
  shell: `
  set -- ${UNITS.join(' ')} ${PATTERNS.join(' ')}
  for file in ${UNIT_FILES.map((name) => `/etc/systemd/system/${name}`).join(' ')}; do
    case $file in *@.* | */rathole-server.service) ;; *) [ ! -e "$file" ] || set -- "$@" "\${file##*/}" ;; esac
  done
  for folder in ${ETC}/*/; do
    server=\${folder%/}
    server=\${server##*/}
    case $server in *[!A-Za-z0-9_.-]* | '') continue ;; esac
    [ ! -e "$folder/sync.conf" ] || set -- "$@" ${CLIENT_UNITS.join(' ')}
  done
  shown=$(timeout 10 systemctl show --property=${PROPERTIES.join(',')} -- "$@" 2>&1) ||
    { unreadable "$shown"; return; }
  printf 'clocks %s %s\\n%s\\n' "$now" "$uptime" "$shown"
  set --
  while IFS= read -r line; do
    case $line in
      MainPID=0) ;;
      MainPID=*) set -- "$@" "/proc/\${line#MainPID=}/exe" ;;
    esac
  done <<EOF_SHOWN
$shown
EOF_SHOWN
  running=
  [ $# -eq 0 ] || running=$(find "$@" -maxdepth 0 -printf 'exe %h %l\\n' 2>/dev/null)
  [ -z "$running" ] || printf '%s\\n' "$running"
  for link; do
    script=$(tr '\\0' '\\n' 2>/dev/null <"\${link%/exe}/cmdline" | sed -n '2{/^\\//p;}')
    script=$(readlink -f -- "$script")
    if [ -f "$script" ] && [ -x "$script" ]; then printf 'script %s %s\\n' "\${link%/exe}" "$script"; fi
  done`,
  parse: (lines) => {
    const said = tagged(lines);
    const clock = clocks(said.find(([tag]) => tag === 'clocks')?.[1] ?? '');
    const told = (which: string) => tagged(said.filter(([tag]) => tag === which).map(([, rest]) => rest));
    const programs = new Map([...told('exe'), ...told('script')]);
    const shown = lines.filter((line) => line === '' || /^\w+=/.test(line));
    const blocks = shown.join('\n').split(/\n\n+/).filter(Boolean).map(properties);
    return Object.fromEntries(
      blocks
        .filter((block) => block.get('LoadState') !== 'not-found')
        .map((block) => [block.get('Id') ?? '', parseUnit(block, clock, programs)]),
    );
  },
};

const properties = (block: string): ReadonlyMap<string, string> =>
  new Map(
    block
      .trim()
      .split('\n')
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );

function parseUnit(
  block: ReadonlyMap<string, string>,
  clock: Clocks,
  programs: ReadonlyMap<string, string>,
): ObservedUnit {
  const get = (name: string) => {
    const value = block.get(name);
    if (value === undefined) throw new Error(`systemctl does not show ${name}`);
    return value;
  };
  // Units without a process (timers) have no MainPID.
  const mainPid = number(block.get('MainPID') ?? '0');
  const since = number(get('ActiveEnterTimestampMonotonic')) / 1e6;
  const active = get('ActiveState');
  return {
    load: get('LoadState'),
    active,
    sub: get('SubState'),
    enabled: get('UnitFileState'),
    needDaemonReload: get('NeedDaemonReload') === 'yes',
    dropIns: get('DropInPaths').split(' ').filter(Boolean),
    mainPid,
    executable: programs.get(`/proc/${mainPid}`) ?? '',
    activeSince: active === 'active' && since > 0 ? sinceBoot(clock, since) : 0,
  };
}
