import type { Facts, Listener, ObservedFile } from '../../src/model/observed.ts';
import { absent, present, type Reading } from '../../src/model/reading.ts';

/** A Debian VPS as its provider hands it over. */
export function bareDebian(): Facts {
  const folder: ObservedFile = {
    type: 'directory',
    owner: 'root',
    group: 'root',
    mode: '0755',
    modified: 100,
  };
  return {
    os: present({ id: 'debian', like: [], version: '12' }),
    architecture: present('x86_64'),
    root: present(true),
    clock: present(1_000),
    missingPrograms: present(['nginx']),
    packages: present({}),
    users: present({ rathole: false }),
    files: present({ '/etc/nginx/conf.d': folder }),
    certificates: present({}),
    units: present({}),
    rathole: present({}),
    nginx: absent,
    listeners: present([listener('tcp', '0.0.0.0', 22, 'sshd', 10)]),
    connections: present({}),
    sysctls: present({
      'net.ipv4.tcp_keepalive_intvl': '75',
      'net.ipv4.tcp_keepalive_probes': '9',
      'net.ipv4.tcp_keepalive_time': '7200',
      'net.ipv4.tcp_retries2': '15',
    }),
    socketKill: absent,
    pulls: present({ records: {}, keys: [], published: {}, seen: [] }),
    heldKeys: present({}),
    rotations: absent,
    disk: present({ '/etc': { freeBytes: 1 << 30, freeInodes: 10_000 } }),
  };
}

export function listener(
  protocol: Listener['protocol'],
  address: string,
  port: number,
  name: string,
  pid: number,
): Listener {
  return { protocol, address, port, processes: [{ name, pid }] };
}

export function readValue<T>(reading: Reading<T>): T {
  if (reading.kind !== 'present') throw new Error(`the reading is ${reading.kind}`);
  return reading.value;
}

/** The same host with one of its files changed; `undefined` takes it away. */
export function withFile(facts: Facts, path: string, change: Partial<ObservedFile> | undefined): Facts {
  const { [path]: old, ...others } = readValue(facts.files);
  if (change === undefined) return { ...facts, files: present(others) };
  if (old === undefined) throw new Error(`there is no ${path}`);
  return { ...facts, files: present({ ...others, [path]: { ...old, ...change } }) };
}
