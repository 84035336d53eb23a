import type { ObservedNginx } from '../model/observed.ts';
import { clocks, type Fact, number, sinceBoot, tagged } from './fact.ts';
import { NGINX_AWK, NGINX_ERRORS_AWK } from './nginx-awk.ts';

/** USER_HZ, in which /proc tells times on every Linux that has systemd. */
const TICKS_PER_SECOND = 100;

/** nginx's own defaults, for what the configuration does not set. */
const DEFAULTS = { worker_processes: '1', worker_connections: '512' };

export const nginx: Fact<ObservedNginx> = {
  // `-e stderr` keeps the test's complaints out of nginx's own log; before 1.19.5 nginx does not know it. `nginx_user`
  // is for the users fact.
  shell: `
  nginx_user=
  command -v nginx >/dev/null || { absent; return; }
  summary=$(nginx_dump -e stderr)
  case $summary in *'invalid option: "e"'*) summary=$(nginx_dump) ;; esac
  case $summary in
    *'@status 124') unreadable 'nginx -T does not come to an end'; return ;;
    *'built nginx version: '*'@status 0') ;;
    *'built nginx version: '*) [ ! -r /etc/nginx/nginx.conf ] || summary="$summary
$(nginx_summary -v file=/etc/nginx/nginx.conf </etc/nginx/nginx.conf)" ;;
    *) unreadable "nginx -V ends with \${summary##*@status }"; return ;;
  esac
  printf 'clocks %s %s\\nzone %s\\ncpus %s\\n' "$now" "$uptime" "$zone" "$(nproc)"
  pid_file=/run/nginx.pid error_log=/var/log/nginx/error.log nginx_user=nobody
  while IFS= read -r line; do
    case $line in
      '@status '*) line=\${line#@} ;;
      'built '*' --user='*) nginx_user=\${line#* --user=} nginx_user=\${nginx_user%% *} ;;
      'set pid '*) pid_file=\${line#set pid } ;;
      'set user '*) nginx_user=\${line#set user } ;;
      'set error_log '*) error_log=\${line#set error_log } ;;
    esac
    [ -z "$line" ] || printf '%s\\n' "$line"
  done <<EOF_SUMMARY
$summary
EOF_SUMMARY
  nginx_workers`,
  parse: parseNginx,
};

/** Functions that the fact above calls. */
export const NGINX_FUNCTIONS = `
nginx_summary() { # [-v dumped=1]: what matters of the configuration on stdin
  awk "$@" '${NGINX_AWK}
  '
}

nginx_dump() { # [-e stderr]: how nginx was built, what it says of its configuration, what matters of that
  { timeout 10 nginx "$@" -V -T 2>&1; printf '\\n@status %s\\n' $?; } | nginx_summary -v dumped=1
}

limit_of() { # PID
  while read -r a b c soft hard _; do
    [ "$a $b $c" != 'Max open files' ] || printf 'limit %s %s\\n' "$soft" "$hard"
  done <"/proc/$1/limits"
}

nginx_workers() { # the running workers, their limits, and what their master has complained about
  nginx_master=
  [ ! -r "$pid_file" ] || read -r nginx_master <"$pid_file"
  if [ -z "$nginx_master" ] || [ ! -d "/proc/$nginx_master" ]; then limit_of self; return; fi
  [ -r "/proc/$nginx_master/task/$nginx_master/children" ] ||
    { unreadable 'this kernel does not list the children of a process'; return; }
  read -r children <"/proc/$nginx_master/task/$nginx_master/children" || :
  for child in $children; do
    title='' stat=''
    read -r title <"/proc/$child/cmdline" || :
    read -r stat <"/proc/$child/stat" || :
    [ "$title" = 'nginx: worker process' ] || continue
    printf 'worker %s\\n' "$stat"
    limit_of "$child"
  done 2>/dev/null
  [ ! -r "$error_log" ] || tail -c 65536 "$error_log" | awk -v pid="$nginx_master" '${NGINX_ERRORS_AWK}
  '
}`;

function parseNginx(lines: readonly string[]): ObservedNginx {
  const said = tagged(lines);
  const all = (tag: string) => said.filter(([found]) => found === tag).map(([, rest]) => rest);
  const settings = new Map<string, string>([...Object.entries(DEFAULTS), ...tagged(all('set'))]);
  const built = all('built').join('\n');
  const status = all('status')[0];
  if (status === undefined) throw new Error('nginx -T has no status');
  const includes = tagged(all('include'));
  const started = workersStarted(said);
  const limits = tagged(all('limit'));
  return {
    version: /nginx\/(\S+)/.exec(built)?.[1] ?? '',
    stream:
      / --with-stream( |$)/m.test(built) || all('module').some((path) => path.includes('ngx_stream_module')),
    configError: status === '0' ? '' : configError(all('said'), status),
    streamBlocks: all('stream'),
    includes: {
      main: includes.filter(([where]) => where === 'main').map(([, pattern]) => pattern),
      http: includes.filter(([where]) => where === 'http').map(([, pattern]) => pattern),
    },
    workerProcesses: number(
      settings.get('worker_processes') === 'auto'
        ? (all('cpus')[0] ?? '')
        : (settings.get('worker_processes') ?? ''),
    ),
    workerConnections: number(settings.get('worker_connections') ?? ''),
    openFiles: Math.min(...limits.map(([soft]) => limit(soft))),
    openFilesAtMost: Math.min(...limits.map(([, hard]) => limit(hard))),
    workersStarted: started,
    reloadErrors: reloadErrors(all('emerg'), started, all('zone')[0] ?? ''),
  };
}

const limit = (text: string) => (text === 'unlimited' ? Number.MAX_SAFE_INTEGER : number(text));

/** `4242 (nginx) S 4241 …`: the start is field 22, in ticks after boot. */
function workersStarted(said: readonly (readonly [string, string])[]): number {
  const clock = clocks(said.find(([tag]) => tag === 'clocks')?.[1] ?? '');
  const starts = said
    .filter(([tag]) => tag === 'worker')
    .map(([, stat]) => number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? ''));
  return starts.length === 0 ? 0 : sinceBoot(clock, Math.min(...starts) / TICKS_PER_SECOND);
}

/** `2026/11/21 01:29:52 [emerg] 4242#4242: *1 bind() to …` */
const LOGGED = /^(\d+)\/(\d+)\/(\d+) (\S+) \[\w+\] \d+#\d+: (.*)$/;

/** Without times and process ids, so that the same mistake reads the same twice. */
function configError(said: readonly string[], status: string): string {
  const complaints = said
    .map((line) => LOGGED.exec(line)?.[5] ?? line.replace(/^nginx: (\[\w+\] )?/, ''))
    .filter((line) => line.trim() !== '');
  return [...new Set(complaints)].join('\n') || `nginx -T ends with ${status}`;
}

/** Distinct complaints from the second on in which the workers started. */
function reloadErrors(lines: readonly string[], started: number, zone: string): readonly string[] {
  const [, sign = '', hours = '', minutes = ''] = /^([+-])(\d\d)(\d\d)$/.exec(zone) ?? [];
  if (sign === '') throw new Error(`date says ${JSON.stringify(zone)} is its zone`);
  const offset = `${sign}${hours}:${minutes}`;
  const recent = lines.flatMap((line) => {
    const [, year, month, day, time, message = ''] = LOGGED.exec(line) ?? [];
    return Date.parse(`${year}-${month}-${day}T${time}${offset}`) / 1000 >= Math.floor(started)
      ? [message]
      : [];
  });
  return [...new Set(recent)];
}
