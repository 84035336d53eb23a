import { clientFragment, clientHead } from '../artifacts/client-toml.ts';
import {
  CLIENT_FRAGMENTS,
  clientFragments,
  fragmentName,
  HEAD,
  SERVER_FRAGMENTS,
} from '../artifacts/paths.ts';
import { serverHead } from '../artifacts/server-toml.ts';
import { showFingerprints } from '../codec/placeholder.ts';
import type { DesiredServer } from '../model/desired.ts';
import type { Step } from '../model/step.ts';
import { expectationOf, obstacleAt, PRIVATE_FILE, planFile, planOwnership } from './files.ts';
import { join, NOTHING, type Part, part } from './part.ts';
import { sameText } from './secret-text.ts';
import { knownFingerprints, tokenStep } from './tokens.ts';
import type { View } from './view.ts';
import {
  type Services,
  serverFragmentPath,
  serverFragmentText,
  type WantedService,
} from './wanted-services.ts';

/** Brings all fragments, server's and clients', to the wanted state; tokens come before the texts that need them. */
export function planFragments(
  view: View,
  server: DesiredServer,
  { wanted }: Services,
  clients: readonly string[],
): Part {
  const fingerprints = knownFingerprints(wanted);
  const plans = wanted.map((each) => planService(view, each, fingerprints));
  const tokens = wanted.filter((_, at) => plans[at]?.steps.some((step) => step.kind === 'write-file'));
  return join([
    part({ steps: tokens.map(tokenStep) }),
    planHeads(view, server, clients),
    ...plans,
    removeStale(view, server, wanted),
  ]);
}

function planHeads(view: View, server: DesiredServer, clients: readonly string[]): Part {
  const own = { path: `${SERVER_FRAGMENTS}/${HEAD}`, text: serverHead(server), ...PRIVATE_FILE };
  const text = clientHead(server);
  const theirs = clients.map((client) => ({
    path: `${clientFragments(client)}/${HEAD}`,
    text,
    ...PRIVATE_FILE,
  }));
  return join([asPart(planFile(view, own)), ...theirs.map((each) => planFile(view, each))]);
}

function planService(view: View, wanted: WantedService, fingerprints: ReadonlyMap<string, string>): Part {
  const path = serverFragmentPath(wanted);
  const own = asPart(planSecretFile(view, path, serverFragmentText(wanted, view.files), fingerprints));
  if (wanted.kind !== 'declared') return own;
  const { declared, generation } = wanted;
  const text = clientFragment(declared, generation);
  return join([own, planSecretFile(view, clientPath(wanted), text, fingerprints)]);
}

function clientPath(wanted: WantedService & { readonly kind: 'declared' }): string {
  return `${clientFragments(wanted.declared.client)}/${fragmentName(wanted.service, wanted.generation)}`;
}

/** As planFile, for a text with a token. No backup: it is the backup of its token that would be stale. */
function planSecretFile(
  view: View,
  path: string,
  text: string,
  fingerprints: ReadonlyMap<string, string>,
): Part {
  const found = view.files[path];
  const obstacle = obstacleAt(path, found);
  if (obstacle) return part({ refusals: [obstacle] });
  if (found?.text !== undefined && sameText(found.text, text, fingerprints)) {
    return planOwnership(path, found, PRIVATE_FILE);
  }
  const steps: Step[] = [{ kind: 'write-file', path, text, expect: expectationOf(found), ...PRIVATE_FILE }];
  const after = showFingerprints(text, fingerprints);
  if (found === undefined) {
    return part({ changes: [{ kind: 'create', target: path, cause: 'absent', after }], steps });
  }
  const before = found.text ?? '';
  return part({
    changes: [{ kind: 'update', target: path, cause: 'the text differs', before, after }],
    steps,
  });
}

/** What is in a fragment of the server is shown as a part of server.toml. */
function asPart(plan: Part): Part {
  return { ...plan, changes: plan.changes.map((change) => ({ ...change, part: true })) };
}

/** Fragments of services that are removed, renamed or moved. A rotation in progress keeps its own. */
function removeStale(view: View, server: DesiredServer, wanted: readonly WantedService[]): Part {
  const declared = new Set(server.services.map(({ name }) => name));
  const keep = new Set(wanted.map(serverFragmentPath));
  const left = new Set<string>();
  for (const each of wanted) {
    if (each.kind === 'declared') keep.add(clientPath(each));
    else left.add(`50-${each.service}.g`);
  }
  const stale = Object.keys(view.files)
    .filter((path) => /^50-.*\.toml$|^90-.*\.toml$/.test(nameOf(path)))
    .filter((path) => path.startsWith(`${SERVER_FRAGMENTS}/`) || path.startsWith(`${CLIENT_FRAGMENTS}/`))
    .filter((path) => !keep.has(path) && ![...left].some((prefix) => nameOf(path).startsWith(prefix)))
    .sort();
  return join(stale.map((path) => removeFile(view, path, declared.has(serviceIn(path)))));
}

/** The service that a fragment is named after. */
function serviceIn(path: string): string {
  return /^50-(.+)\.g\d+\.toml$/.exec(nameOf(path))?.[1] ?? '';
}

function removeFile(view: View, path: string, declared: boolean): Part {
  const found = view.files[path];
  if (found === undefined) return NOTHING;
  return part({
    changes: [
      {
        kind: 'delete',
        target: path,
        cause: declared ? 'not the generation in use' : 'not in the playbook',
        before: found.text ?? '',
        part: path.startsWith(`${SERVER_FRAGMENTS}/`),
      },
    ],
    steps: [{ kind: 'remove-file', path, expect: expectationOf(found) }],
  });
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}
