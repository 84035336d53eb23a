import { authorityPlaceholder, firstSettings, keyFile } from '../../artifacts/bundle/client-files.ts';
import { SYNC_PROGRAM } from '../../artifacts/bundle/units.ts';
import { clientFolder, keyPath, TLS } from '../../artifacts/paths.ts';
import { syncScript } from '../../artifacts/sync/script.ts';
import type { Change } from '../../model/change.ts';
import type { ObservedFile } from '../../model/observed.ts';
import type { Ownership } from '../../model/step.ts';
import { expectationOf, obstacleAt, planFile, planOwnership, ROOT_FILE } from '../files.ts';
import { join, NOTHING, type Part, part, refuse } from '../part.ts';
import { clientKeys } from '../pull/client-keys.ts';
import { urlOf } from '../pull/folders.ts';
import { removal } from '../pull/keys.ts';
import type { View } from '../view.ts';
import type { Joined } from './host.ts';

const SECRET: Ownership = { owner: 'root', group: 'rathole', mode: '0600' };
const READABLE: Ownership = { owner: 'root', group: 'rathole', mode: '0640' };

/** The sync step, which is the same for all servers. */
export function planSyncProgram(view: View): Part {
  const plan = planFile(view, { path: SYNC_PROGRAM, text: syncScript(), ...ROOT_FILE, mode: '0755' });
  return { ...plan, changes: plan.changes.map((change) => ({ ...change, part: true })) };
}

/** What is one server's own on the client. The key comes after the sync.conf that it is used with. */
export function planServerFiles(view: View, client: string, joined: Joined): Part {
  return join([
    planAuthority(view, joined),
    planSettings(view, joined),
    planKey(view, client, joined),
    planLink(view, joined),
    planConfiguration(view, joined),
  ]);
}

/** A key that the server knows is kept, also one that came by a bundle or took another's place since. */
function planKey(view: View, client: string, { name, from }: Joined): Part {
  const path = `${clientFolder(name)}/key`;
  const found = view.files[path];
  const held = view.heldKeys[name];
  const known = clientKeys(from, client).served.map((number) => from.files[keyPath(client, number)]?.sha256);
  if (found !== undefined && held !== undefined && known.includes(held)) {
    return obstructed(path, found) ?? planOwnership(path, found, SECRET);
  }
  return replaced(path, found, {
    text: keyFile(name),
    cause: 'the server does not know this key',
    before: 'another key',
    ...SECRET,
  });
}

/** The server's own one comes by the first poll. One that leads to a server of another name never does. */
function planSettings(view: View, { name, server }: Joined): Part {
  const path = `${clientFolder(name)}/sync.conf`;
  const found = view.files[path];
  const [, asked] = /^server = https:\/\/(\S+)$/m.exec(found?.text ?? '') ?? [];
  if (
    found !== undefined &&
    asked !== undefined &&
    [server.domain, ...server.formerDomains].includes(asked)
  ) {
    return obstructed(path, found) ?? planOwnership(path, found, SECRET);
  }
  return replaced(path, found, {
    text: firstSettings(urlOf(server)),
    cause: `it does not lead to ${server.domain}`,
    before: shownSettings(found?.text ?? ''),
    ...SECRET,
  });
}

/** The hash of client.toml is left out of what is shown: it is over its tokens too. */
const shownSettings = (text: string) => text.match(/^(?:server|poll) = .*\n/gm)?.join('') ?? '';

/** Whoever has an authority's certificate trusts that one alone, so it goes where the server has another's. */
function planAuthority(view: View, { name, server, from }: Joined): Part {
  const path = `${clientFolder(name)}/ca.pem`;
  const found = view.files[path];
  if (server.tls.mode === 'files') {
    const cause = 'the server has no authority of its own';
    const change = { kind: 'delete', target: path, cause, before: '' } as const;
    return found === undefined ? NOTHING : part({ changes: [change], steps: removal(path, found.sha256) });
  }
  const wanted = from.files[`${TLS}/ca.pem`]?.sha256;
  if (found !== undefined && found.sha256 === wanted) return planOwnership(path, found, READABLE);
  return replaced(path, found, {
    text: authorityPlaceholder(name),
    cause: "it is not the server's",
    before: 'another authority',
    ...READABLE,
  });
}

/** The unit runs rathole by this link, so that each server may have its own version. */
function planLink(view: View, { name, program }: Joined): Part {
  const path = linkPath(name);
  const found = view.files[path];
  if (found?.type === 'symlink' && found.target === program) return NOTHING;
  if (found !== undefined && found.type !== 'symlink') {
    return refuse('not-a-link', `${path} is a ${found.type}, not a link`, `Move ${path} away.`);
  }
  const cause = 'it leads to another rathole';
  const change: Change =
    found === undefined
      ? { kind: 'create', target: path, cause: 'absent', after: program }
      : { kind: 'update', target: path, cause, before: found.target ?? '', after: program };
  return part({ changes: [change], steps: [{ kind: 'make-link', path, target: program }] });
}

export const linkPath = (server: string) => `${clientFolder(server)}/rathole`;

/** It is pulled, whatever it holds. */
function planConfiguration(view: View, { name, server }: Joined): Part {
  const path = `${clientFolder(name)}/client.toml`;
  const found = view.files[path];
  if (found !== undefined) return obstructed(path, found) ?? planOwnership(path, found, READABLE);
  const after = `{{pulled from ${server.domain}}}`;
  return part({ changes: [{ kind: 'create', target: path, cause: 'absent', after }] });
}

interface Replacement extends Ownership {
  readonly text: string;
  readonly cause: string;
  readonly before: string;
}

/** A file whose text does not tell whether it is the right one. */
function replaced(path: string, found: ObservedFile | undefined, wanted: Replacement): Part {
  const { text, cause, before, ...ownership } = wanted;
  const change =
    found === undefined
      ? ({ kind: 'create', target: path, cause: 'absent', after: text } as const)
      : ({ kind: 'update', target: path, cause, before, after: text } as const);
  const step = { kind: 'write-file', path, text, expect: expectationOf(found), ...ownership } as const;
  return obstructed(path, found) ?? part({ changes: [change], steps: [step] });
}

function obstructed(path: string, found: ObservedFile | undefined): Part | undefined {
  const obstacle = obstacleAt(path, found);
  return obstacle && part({ refusals: [obstacle] });
}
