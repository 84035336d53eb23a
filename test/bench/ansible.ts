import type { Lab } from '../lab/lab.ts';

/** Ansible at its best: one connection kept open, no file copied per task. */
export function ansibleConfig({ sshConfig }: Lab): string {
  return `[defaults]
inventory = hosts.ini
host_key_checking = True
forks = 20
gathering = explicit
[ssh_connection]
pipelining = True
ssh_args = -F ${sshConfig} -o ControlMaster=auto -o ControlPersist=60s
`;
}

const FOLDERS = [
  'etc',
  'etc/backups',
  'state',
  'state/fragments',
  'state/fragments/server',
  'state/fragments/client',
];
const FOLDERS_MORE = ['state/fragments/client/desktop', 'state/tls', 'lib', 'lib/bin', 'nginx'];
const FILES = ['observe', 'sysctl.conf', 'head.toml', 'client-head.toml', 'ssh.toml', 'client-ssh.toml'];
const FILES_MORE = ['server.toml', 'rathole.service', 'stream.conf', 'http.conf', 'module.conf'];

/** The same work as a plan of one tunnel: packages, a user, folders, files with owners and modes, units, nginx. */
export function ansiblePlaybook(): string {
  const list = (names: readonly string[]) => `[${names.join(', ')}]`;
  return `- hosts: all
  tasks:
    - apt:
        { name: [nginx, libnginx-mod-stream], state: present, update_cache: true, cache_valid_time: 3600 }
    - user: { name: rathole, system: true, create_home: false, shell: /usr/sbin/nologin }
    - file: { path: '/opt/bench/{{ item }}', state: directory, mode: '0750' }
      loop: ${list(['.', ...FOLDERS, ...FOLDERS_MORE])}
    - copy: { dest: '/opt/bench/{{ item }}', content: "the text of {{ item }} for {{ inventory_hostname }}\\n", mode: '0640' }
      loop: ${list([...FILES, ...FILES_MORE])}
    - systemd: { name: nginx, enabled: true, state: started }
    - command: nginx -t
      changed_when: false
    - command: ss -Htlnp
      changed_when: false
    - command: sysctl net.ipv4.tcp_retries2 net.ipv4.tcp_keepalive_time
      changed_when: false
`;
}
