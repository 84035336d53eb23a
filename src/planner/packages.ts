import type { Part } from './part.ts';
import { NOTHING, part, refuse } from './part.ts';
import type { View } from './view.ts';

type Manager = 'apt' | 'pacman';

/** Which package brings a program, by package manager. */
const PACKAGE_OF: Readonly<Record<string, Readonly<Record<Manager, string>>>> = {
  awk: { apt: 'mawk', pacman: 'gawk' },
  base64: { apt: 'coreutils', pacman: 'coreutils' },
  curl: { apt: 'curl', pacman: 'curl' },
  find: { apt: 'findutils', pacman: 'findutils' },
  flock: { apt: 'util-linux', pacman: 'util-linux' },
  nginx: { apt: 'nginx', pacman: 'nginx' },
  openssl: { apt: 'openssl', pacman: 'openssl' },
  sha256sum: { apt: 'coreutils', pacman: 'coreutils' },
  ss: { apt: 'iproute2', pacman: 'iproute2' },
  systemctl: { apt: 'systemd', pacman: 'systemd' },
  timeout: { apt: 'coreutils', pacman: 'coreutils' },
  useradd: { apt: 'passwd', pacman: 'shadow' },
};
const STREAM_MODULE: Readonly<Record<Manager, string>> = {
  apt: 'libnginx-mod-stream',
  pacman: 'nginx-mod-stream',
};

/** Installs what the host lacks, by the package managers that we know; others get the list of what is needed. */
export function planPackages(view: View): Part {
  const programs = new Set(view.missingPrograms);
  if (view.nginx === undefined) programs.add('nginx');
  return planPrograms(view, programs, view.nginx?.stream !== true);
}

const SERVERS_ONLY = ['nginx', 'openssl'];

/** The same for a client, which has less to do. */
export function planClientPackages(view: View): Part {
  const programs = view.missingPrograms.filter((program) => !SERVERS_ONLY.includes(program));
  return planPrograms(view, new Set(programs), false);
}

function planPrograms(view: View, programs: ReadonlySet<string>, stream: boolean): Part {
  if (programs.size === 0 && !stream) return NOTHING;
  const manager = managerOf(view);
  if (manager === undefined) return unknownManager(view, [...programs], stream);
  const unknown = [...programs].filter((program) => PACKAGE_OF[program] === undefined).sort();
  if (unknown.length > 0)
    return refuse('missing-programs', `the host lacks ${unknown.join(', ')}`, 'Install them.');
  const names = [...programs].map((program) => PACKAGE_OF[program]?.[manager] ?? program);
  const packages = [...new Set([...names, ...(stream ? [STREAM_MODULE[manager]] : [])])].sort();
  return part({
    changes: packages.map((name) => ({
      kind: 'create' as const,
      target: `package ${name}`,
      cause: 'absent',
      after: `installed by ${manager}`,
    })),
    steps: [{ kind: 'install-packages', manager, packages }],
  });
}

export function managerOf(view: View): Manager | undefined {
  const family = [view.os.id, ...view.os.like];
  if (family.some((id) => id === 'debian' || id === 'ubuntu')) return 'apt';
  return family.includes('arch') ? 'pacman' : undefined;
}

function unknownManager(view: View, programs: readonly string[], stream: boolean): Part {
  const needed = [...[...programs].sort(), ...(stream ? ["nginx's stream module"] : [])].join(', ');
  return refuse(
    'unknown-package-manager',
    `the host lacks ${needed}, and reconcile cannot install packages on ${view.os.id}`,
    `Install ${needed}.`,
  );
}
