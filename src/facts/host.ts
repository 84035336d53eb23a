import type { ObservedOs } from '../model/observed.ts';
import { type Fact, number, onlyLine } from './fact.ts';

export const os: Fact<ObservedOs> = {
  shell: `
  if [ -e /etc/os-release ]; then release=/etc/os-release; else release=/usr/lib/os-release; fi
  [ -r "$release" ] || { unreadable 'there is no /etc/os-release'; return; }
  while IFS= read -r line; do
    case $line in ID=* | ID_LIKE=* | VERSION_ID=*) printf '%s\\n' "$line" ;; esac
  done <"$release"`,
  parse: (lines) => {
    const value = (key: string) =>
      lines
        .find((line) => line.startsWith(`${key}=`))
        ?.slice(key.length + 1)
        .replace(/^(["'])(.*)\1$/, '$2') ?? '';
    return {
      id: value('ID') || 'linux',
      like: value('ID_LIKE').split(/\s+/).filter(Boolean),
      version: value('VERSION_ID'),
    };
  },
};

export const architecture: Fact<string> = {
  shell: `
  [ -n "$machine" ] || { unreadable 'uname does not say'; return; }
  printf '%s\\n' "$machine"`,
  parse: onlyLine,
};

export const root: Fact<boolean> = {
  shell: `
  while read -r key _ effective _; do
    [ "$key" != Uid: ] || printf '%s\\n' "$effective"
  done </proc/self/status`,
  parse: (lines) => number(onlyLine(lines)) === 0,
};

export const clock: Fact<number> = {
  shell: `
  [ -n "$now" ] || { unreadable 'date does not say'; return; }
  printf '%s\\n' "$now"`,
  parse: (lines) => number(onlyLine(lines)),
};

/** What a server needs besides sh and the coreutils that everything has. */
const PROGRAMS = [
  'awk',
  'base64',
  'curl',
  'find',
  'flock',
  'nginx',
  'openssl',
  'sha256sum',
  'ss',
  'systemctl',
  'timeout',
  'useradd',
];

export const missingPrograms: Fact<readonly string[]> = {
  shell: `
  for program in ${PROGRAMS.join(' ')}; do
    command -v "$program" >/dev/null || printf '%s\\n' "$program"
  done`,
  parse: (lines) => lines,
};

/** The sysctls that reconcile sets or relies on, as paths below /proc/sys. */
const SYSCTLS = [
  'net/core/somaxconn',
  'net/ipv4/ip_local_port_range',
  'net/ipv4/ip_unprivileged_port_start',
  'net/ipv4/tcp_keepalive_intvl',
  'net/ipv4/tcp_keepalive_probes',
  'net/ipv4/tcp_keepalive_time',
  'net/ipv4/tcp_retries2',
  'net/ipv4/tcp_syn_retries',
];

export const sysctls: Fact<Readonly<Record<string, string>>> = {
  // Not by `read`: dash reads byte by byte, and the kernel gives a sysctl away with the first byte only.
  shell: `
  grep -s '' ${SYSCTLS.map((name) => `/proc/sys/${name}`).join(' ')} || :`,
  parse: (lines) => Object.fromEntries(lines.map(parseSysctl)),
};

/** `/proc/sys/net/ipv4/tcp_retries2:15` */
function parseSysctl(line: string): [string, string] {
  const [, path, value] = /^\/proc\/sys\/([^:]+):(.*)$/.exec(line) ?? [];
  if (path === undefined || value === undefined) throw new Error(`grep says ${JSON.stringify(line)}`);
  return [path.replaceAll('/', '.'), value.replace(/\s+/g, ' ')];
}

/** `/boot/config-RELEASE` or /proc/config.gz tell; whoever has neither (a container, some clouds) does not say. */
export const socketKill: Fact<boolean> = {
  shell: `
  if [ -r "/boot/config-$kernel" ]; then
    grep -E '^CONFIG_INET_DIAG(_DESTROY)?=' "/boot/config-$kernel" || printf 'none\\n'
  elif [ -r /proc/config.gz ]; then
    gzip -dc /proc/config.gz | grep -E '^CONFIG_INET_DIAG(_DESTROY)?=' || printf 'none\\n'
  else
    absent
  fi`,
  parse: (lines) => lines.includes('CONFIG_INET_DIAG_DESTROY=y'),
};
