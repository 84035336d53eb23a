import type { HostPlan } from '../../src/model/plan.ts';
import type { Step } from '../../src/model/step.ts';
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
  ...['.', 'etc', 'etc/backups', 'state', 'state/fragments', 'state/fragments/server'],
  ...['state/fragments/client', 'state/fragments/client/desktop', 'state/tls', 'lib', 'lib/bin', 'nginx'],
];
const FILES = [
  ...['observe', 'sysctl.conf', 'head.toml', 'client-head.toml', 'ssh.toml', 'client-ssh.toml'],
  ...['server.toml', 'rathole.service', 'stream.conf', 'http.conf', 'module.conf'],
];
const LOCAL = { owner: 'root', group: 'root' } as const;

const BASICS = `- hosts: all
  tasks:
    - apt:
        { name: [nginx, libnginx-mod-stream], state: present, update_cache: true, cache_valid_time: 3600 }
    - user: { name: rathole, system: true, create_home: false, shell: /usr/sbin/nologin }
`;
const MODES = `owner: '{{ item.owner }}', group: '{{ item.group }}', mode: '{{ item.mode }}'`;
const LOOK = `    - command: nginx -t
      changed_when: false
    - command: ss -Htlnp
      changed_when: false
    - command: sysctl net.ipv4.tcp_retries2 net.ipv4.tcp_keepalive_time
      changed_when: false
`;

/** About half of the work of a tunnel: few folders and files, no program, no certificate, and nginx as its package has it. */
export function ansibleSmall(): string {
  const folders = FOLDERS.map((name) => ({ path: `/opt/bench/${name}`, ...LOCAL, mode: '0750' }));
  const files = FILES.map((name) => ({ path: `/opt/bench/${name}`, text: name, ...LOCAL, mode: '0640' }));
  return `${BASICS}${makeFolders(folders)}${copyFiles(files)}${unit('nginx', 'started')}${LOOK}`;
}

/**
 * The whole work of a tunnel on a bare host, made of reconcile's own plan for it: the same folders, files, program,
 * secrets, certificates and units, one task for each kind. Without the audit log, the journal and a look at the outcome.
 */
export function ansibleWhole(plan: Pick<HostPlan, 'steps' | 'changes'>): string {
  const of = <K extends Step['kind']>(kind: K) =>
    plan.steps.filter((step): step is Extract<Step, { kind: K }> => step.kind === kind);
  const secrets = [
    ...of('make-salt').map(({ path }) => path),
    ...of('make-key').map(({ client, number }) => `/var/lib/reconcile/keys/${client}.k${number}`),
  ];
  const units = of('start-unit').map((step) => step.unit);
  return [
    BASICS,
    makeFolders(of('make-directory').map((step) => ({ ...step, group: filled(step.group) }))),
    ...of('install-program').map(({ path }) => `    - copy: { src: rathole, dest: ${path}, mode: '0755' }\n`),
    `    - shell: umask 077 && openssl rand -hex 16 >{{ item }}
      args: { creates: '{{ item }}' }
      loop: [${secrets.join(', ')}]
`,
    ...of('make-authority').map(({ directory, name, days }) =>
      certificate(`${directory}/ca`, `-days ${days} -subj '/CN=${name}'`),
    ),
    ...of('make-certificate').map(({ directory, names: [name], days }) =>
      certificate(
        `${directory}/leaf`,
        `-CA ${directory}/ca.pem -CAkey ${directory}/ca.key -days ${days} -subj /CN=${name} -addext subjectAltName=DNS:${name}`,
      ),
    ),
    copyFiles(filesOf(plan)),
    ...of('apply-sysctls').map(({ path }) => `    - command: /usr/lib/systemd/systemd-sysctl ${path}\n`),
    ...units.filter((name) => name !== 'nginx.service').map((name) => unit(name, 'started')),
    unit('nginx', 'reloaded'),
    LOOK,
  ].join('');
}

interface Folder {
  readonly path: string;
  readonly owner: string;
  readonly group: string;
  readonly mode: string;
}

const makeFolders = (
  folders: readonly Folder[],
) => `    - file: { path: '{{ item.path }}', state: directory, ${MODES} }
      loop:
${folders.map(({ path, owner, group, mode }) => `        - ${JSON.stringify({ path, owner, group, mode })}\n`).join('')}`;

/** `!unsafe`: braces in a text are no template. */
const copyFiles = (
  files: readonly (Folder & { readonly text: string })[],
) => `    - copy: { dest: '{{ item.path }}', content: '{{ item.text }}', ${MODES} }
      loop:
${files.map(({ text, path, owner, group, mode }) => `        - { path: ${path}, owner: ${owner}, group: ${group}, mode: '${mode}', text: !unsafe ${JSON.stringify(text)} }\n`).join('')}`;

const unit = (name: string, state: string) =>
  `    - systemd: { name: ${name}, enabled: true, state: ${state}, daemon_reload: ${name !== 'nginx'} }\n`;

const certificate = (path: string, options: string) =>
  `    - shell: openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ${path}.key -out ${path}.pem ${options}
      args: { creates: ${path}.pem }
`;

/** The files that steps write, with their texts as the plan shows them. */
function filesOf({ steps, changes }: Pick<HostPlan, 'steps' | 'changes'>) {
  const known = new Map(
    steps.flatMap((step) => ('path' in step && 'mode' in step ? [[step.path, step]] : [])),
  );
  const isFile = (path: string) => known.get(path)?.kind !== 'make-directory';
  return changes.flatMap((change) => {
    if (change.kind !== 'create' || !change.target.startsWith('/') || !isFile(change.target)) return [];
    if (!change.after.includes('\n')) return [];
    const published = { owner: 'root', group: 'www-data', mode: '0640' };
    const { owner, group, mode } = known.get(change.target) ?? published;
    return [{ path: change.target, owner, group: filled(group), mode, text: filled(change.after) }];
  });
}

const filled = (text: string) =>
  text
    .replaceAll('{{nginx group}}', 'www-data')
    .replaceAll(/\{\{(token|key) [^}]*\}\}/g, (_, kind) => 'a'.repeat(kind === 'token' ? 64 : 32));
