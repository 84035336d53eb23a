import type { Listener } from '../model/observed.ts';
import { type Fact, number, tagged } from './fact.ts';

export const listeners: Fact<readonly Listener[]> = {
  // `connections` uses the variable too.
  shell: `
  look_who_listens || { unreadable "$listening"; return; }
  [ -z "$listening" ] || printf '%s\\n' "$listening"`,
  parse: (lines) => lines.map(parseListener),
};

/** `tcp LISTEN 0 128 127.0.0.1:22 0.0.0.0:* users:(("sshd",pid=1,fd=3))` */
const LISTENER = /^(tcp|udp)\s+\S+\s+\d+\s+\d+\s+(\S+):(\d+)\s+\S+(?:\s+(.*?))?\s*$/;

function parseListener(line: string): Listener {
  const [, protocol, where = '', port = '', more = ''] = LISTENER.exec(line) ?? [];
  if (protocol !== 'tcp' && protocol !== 'udp') throw new Error(`ss says ${JSON.stringify(line)}`);
  const [, address = '', device] = /^([^%]*)(?:%(.*))?$/.exec(unbracketed(where)) ?? [];
  return {
    protocol,
    address,
    port: number(port),
    ...(device === undefined ? {} : { device }),
    processes: parseProcesses(more),
  };
}

/** The device stands outside of the brackets for wildcards (`[::]%lo`), inside for others (`[fe80::1]%eth0`). */
const unbracketed = (address: string) => address.replace(/^\[(.*)\]/, '$1');

/**
 * `users:(("nginx",pid=2,fd=6),("nginx",pid=1,fd=6))`, and nothing else: a process chooses its own name, so what
 * does not fit to the last character proves no owner.
 */
const USERS = /^users:\(((?:\("[^"]*",pid=\d+,fd=\d+\),?)+)\)$/;

function parseProcesses(text: string): Listener['processes'] {
  const [, users = ''] = USERS.exec(text) ?? [];
  const found = [...users.matchAll(/\("([^"]*)",pid=(\d+),fd=\d+\)/g)].map(([, name = '', pid = '']) => ({
    name,
    pid: Number(pid),
  }));
  return found.filter(({ pid }, at) => found.findIndex((other) => other.pid === pid) === at);
}

export const connections: Fact<Readonly<Record<string, number>>> = {
  shell: `
  established=$(ss -H -t -n state established 2>&1) || { unreadable "$established"; return; }
  printf '%s\\n\\n%s\\n' "$listening" "$established" | awk '
    function port(address) { sub(/.*:/, "", address); return address }
    /^$/ { past = 1; next }
    !past { listens[port($5)] = 1; next }
    port($3) in listens { count[$3]++ }
    END { for (address in count) print count[address], address }'`,
  parse: (lines) => {
    const counts: Record<string, number> = {};
    for (const [count, address] of tagged(lines)) {
      const key = plainAddress(address);
      counts[key] = (counts[key] ?? 0) + number(count);
    }
    return counts;
  },
};

/** An IPv4 visitor of a listener for both families shows as `[::ffff:192.0.2.1]`. */
function plainAddress(address: string): string {
  if (!/^\S+:\d+$/.test(address)) throw new Error(`ss says ${JSON.stringify(address)}`);
  return address
    .replace(/^\[::ffff:(\d+\.\d+\.\d+\.\d+)\](?:%[^:]*)?/, '$1')
    .replace(/%[^:\]]*(?=\]?:\d+$)/, '');
}
