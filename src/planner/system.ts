import {
  BACKUPS,
  CLIENT_FRAGMENTS,
  clientFolder,
  clientFragments,
  ETC,
  FRAGMENTS,
  LIBRARY,
  NGINX_FOLDER,
  OBSERVE,
  PROGRAMS,
  programPath,
  SALT,
  SERVER_FRAGMENTS,
  SLOTS,
  STATE,
  SYSCTLS,
  TLS,
} from '../artifacts/paths.ts';
import { SYSCTL_VALUES, sysctlFile } from '../artifacts/sysctls.ts';
import type { DesiredServer } from '../model/desired.ts';
import type { Ownership } from '../model/step.ts';
import { obstacleAt, PRIVATE_FILE, planDirectory, planFile, planOwnership, ROOT_FILE } from './files.ts';
import { join, NOTHING, type Part, part } from './part.ts';
import type { View } from './view.ts';

const rootFolder = (mode: string): Ownership => ({ owner: 'root', group: 'root', mode });
const PROGRAM: Ownership = { owner: 'root', group: 'root', mode: '0755' };

export function planUser(view: View): Part {
  if (view.users.rathole) return NOTHING;
  return part({
    changes: [{ kind: 'create', target: 'user rathole', cause: 'absent', after: 'a system user' }],
    steps: [{ kind: 'create-user', name: 'rathole' }],
  });
}

/** The folders, each before what it holds. */
export function planDirectories(view: View, server: DesiredServer, clients: readonly string[]): Part {
  const folders: readonly (readonly [string, Ownership])[] = [
    [ETC, { owner: 'root', group: 'rathole', mode: '0750' }],
    [BACKUPS, rootFolder('0700')],
    [STATE, rootFolder('0755')],
    [FRAGMENTS, rootFolder('0700')],
    [SERVER_FRAGMENTS, rootFolder('0700')],
    [CLIENT_FRAGMENTS, rootFolder('0700')],
    ...clients.map((client) => [clientFragments(client), rootFolder('0700')] as const),
    ...(server.tls.mode === 'self-signed' ? [[TLS, rootFolder('0700')] as const] : []),
    [LIBRARY, rootFolder('0755')],
    [PROGRAMS, rootFolder('0755')],
    [NGINX_FOLDER, rootFolder('0755')],
    [SLOTS, rootFolder('0755')],
  ];
  return join(folders.map(([path, ownership]) => planDirectory(view, path, ownership)));
}

/** A client's folders. Each server's own gives its group to every new file, so that the sync step needs no power for it. */
export function planClientDirectories(view: View, servers: readonly string[]): Part {
  const folders: readonly (readonly [string, Ownership])[] = [
    [ETC, { owner: 'root', group: 'rathole', mode: '0750' }],
    [BACKUPS, rootFolder('0700')],
    [LIBRARY, rootFolder('0755')],
    [PROGRAMS, rootFolder('0755')],
    ...servers.map(
      (server) => [clientFolder(server), { owner: 'root', group: 'rathole', mode: '2750' }] as const,
    ),
  ];
  return join(folders.map(([path, ownership]) => planDirectory(view, path, ownership)));
}

/** What fingerprints are made with: without it the host shows none. */
export function planSalt(view: View): Part {
  const found = view.files[SALT];
  if (found !== undefined) return planOwnership(SALT, found, PRIVATE_FILE);
  return part({
    changes: [{ kind: 'create', target: SALT, cause: 'absent', after: '{{made on the host}}' }],
    steps: [{ kind: 'make-salt', path: SALT }],
  });
}

/** The rathole program, at a path that holds its hash. */
export function planProgram(view: View, server: DesiredServer, sha256: string): Part {
  const path = programPath(server.rathole.version, sha256);
  const found = view.files[path];
  const obstacle = obstacleAt(path, found);
  if (obstacle) return part({ refusals: [obstacle] });
  if (found?.sha256 === sha256) return planOwnership(path, found, PROGRAM);
  const after = `rathole ${server.rathole.version}, SHA-256 ${sha256}`;
  const change =
    found === undefined
      ? ({ kind: 'create', target: path, cause: 'absent', after } as const)
      : ({
          kind: 'update',
          target: path,
          cause: 'another program is there',
          before: 'another program',
          after,
        } as const);
  return part({ changes: [change], steps: [{ kind: 'install-program', path, sha256 }] });
}

/** The observe script, for a key that may do nothing else. */
export function planObserveScript(view: View, text: string): Part {
  return planFile(view, { path: OBSERVE, text, ...PROGRAM });
}

/** The sysctls, on disk and in force. */
export function planSysctls(view: View): Part {
  const file = planFile(view, { path: SYSCTLS, text: sysctlFile(), ...ROOT_FILE });
  const wrong = Object.entries(SYSCTL_VALUES).filter(([name, value]) => view.sysctls[name] !== value);
  if (wrong.length === 0 && file.steps.every(({ kind }) => kind !== 'write-file')) return file;
  const changes = wrong.map(([name, after]) => ({
    kind: 'update' as const,
    target: `sysctl ${name}`,
    cause: file.changes.length > 0 ? 'the value differs' : 'on disk but not loaded',
    before: view.sysctls[name] ?? '',
    after,
  }));
  return join([file, part({ changes, steps: [{ kind: 'apply-sysctls', path: SYSCTLS }] })]);
}
