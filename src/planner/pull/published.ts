import { clientFragment, clientHead } from '../../artifacts/client-toml.ts';
import { clientFragments, fragmentName, PULL } from '../../artifacts/paths.ts';
import { TRAILER } from '../../artifacts/pull/seal.ts';
import { syncHead } from '../../artifacts/pull/sync-conf.ts';
import { showFingerprints } from '../../codec/placeholder.ts';
import type { Change } from '../../model/change.ts';
import type { DesiredClient, DesiredServer } from '../../model/desired.ts';
import type { Step } from '../../model/step.ts';
import { planOwnership, sha256 } from '../files.ts';
import { once } from '../once.ts';
import { join, NOTHING, type Part, part } from '../part.ts';
import { sameText } from '../secret-text.ts';
import { knownFingerprints } from '../tokens.ts';
import type { View } from '../view.ts';
import type { Services } from '../wanted-services.ts';
import { clientKeys } from './client-keys.ts';
import { clientOf, type PullClients } from './clients.ts';
import { forWorkers, settingsPath, urlOf } from './folders.ts';
import { fingerprintsOf } from './keys.ts';

interface Task {
  readonly view: View;
  readonly server: DesiredServer;
  readonly services: Services;
  /** The steps before: what they touch is published anew. */
  readonly steps: readonly Step[];
}

const FILES = ['client.toml', 'config', 'sync.conf'] as const;
const NO_ROTATION = '{"status":"no_pending_rotation"}\n';

/** Publishes what each client pulls, where that changes with this plan or is not what it should be. */
export function planPublished(task: Task, { joined }: PullClients): Part {
  return join(joined.map((client) => planClient(task, client)));
}

function planClient(task: Task, client: DesiredClient): Part {
  const { view, steps } = task;
  const touched = touchedClients(steps).has(client.name);
  const changes = changesOf(task, client, touched);
  if (touched || changes.length > 0) {
    return part({ changes, steps: [{ kind: 'publish', client: client.name }] });
  }
  const wanted = forWorkers(view, '0640');
  return join(
    FILES.map((file) => {
      const path = `${PULL}/${client.name}/${file}`;
      const found = view.files[path];
      return found === undefined ? NOTHING : planOwnership(path, found, wanted);
    }),
  );
}

const touchedClients = once(
  (steps: readonly Step[]): ReadonlySet<string> => new Set(steps.flatMap((step) => touchedBy(step) ?? [])),
);

const PATHS_OF_CLIENTS = new RegExp(`^(?:${clientFragments('([^/]+)')}/|${settingsPath('([^/]+)')}$)`);

function touchedBy(step: Step): string | undefined {
  if (step.kind === 'make-key') return step.client;
  if (step.kind !== 'write-file' && step.kind !== 'remove-file') return undefined;
  const [, fragments, settings] = PATHS_OF_CLIENTS.exec(step.path) ?? [];
  return fragments ?? settings;
}

/** What differs; while a service of the client rotates, its files are the host's own business. */
function changesOf(task: Task, client: DesiredClient, touched: boolean): readonly Change[] {
  const { wanted } = task.services;
  if (wanted.some((each) => each.kind === 'pending' && clientOf(each) === client.name)) return [];
  return [...tomlChange(task, client, touched), ...noticeChange(task, client), ...syncChange(task, client)];
}

/** Its text is its fragments', whose changes are shown. */
function tomlChange(
  { view, server, services }: Task,
  { name }: DesiredClient,
  touched: boolean,
): readonly Change[] {
  const target = `${PULL}/${name}/client.toml`;
  const fingerprints = knownFingerprints(services.wanted);
  const wanted = clientToml(view, server, services, name);
  const after = showFingerprints(wanted, fingerprints);
  const found = view.files[target]?.text;
  if (found === undefined) return [{ kind: 'create', target, cause: 'absent', after, part: true }];
  const { body } = unsealed(found);
  if (sameText(body, wanted, fingerprints)) return [];
  const cause = touched ? 'its fragments change' : 'edited: not what its fragments say';
  return [{ kind: 'update', target, cause, before: body, after, part: touched }];
}

/** The fragments as they will be, in the order of their names. */
function clientToml(view: View, server: DesiredServer, { wanted }: Services, client: string): string {
  const folder = clientFragments(client);
  const fragments = wanted.flatMap((each): readonly (readonly [string, string])[] => {
    if (each.kind === 'declared') {
      const { declared, generation } = each;
      if (declared.client !== client) return [];
      return [[`${folder}/${fragmentName(each.service, generation)}`, clientFragment(declared, generation)]];
    }
    const path = `${folder}/${fragmentName(each.service, each.generation)}`;
    const text = view.files[path]?.text;
    return text === undefined ? [] : [[path, text]];
  });
  const sorted = [...new Map(fragments)].sort(([a], [b]) => (a < b ? -1 : 1));
  return [clientHead(server), ...sorted.map(([, text]) => text)].join('');
}

function noticeChange({ view }: Task, { name }: DesiredClient): readonly Change[] {
  const target = `${PULL}/${name}/config`;
  const found = view.files[target];
  if (found === undefined) return [{ kind: 'create', target, cause: 'absent', after: NO_ROTATION }];
  if (found.text === NO_ROTATION) return [];
  const cause = 'edited: no rotation is pending';
  return [{ kind: 'update', target, cause, before: found.text ?? '', after: NO_ROTATION }];
}

/** The hash of client.toml is left out of what is shown: it is over its tokens too. */
function syncChange({ view, server }: Task, { name, poll }: DesiredClient): readonly Change[] {
  const target = `${PULL}/${name}/sync.conf`;
  const after = `${syncHead({ poll, server: urlOf(server) })}${successor(view, name)}`;
  const found = view.files[target]?.text;
  if (found === undefined) return [{ kind: 'create', target, cause: 'absent', after }];
  const { body, seal } = unsealed(found);
  const [, named] = /^client_toml = (.*)$/m.exec(body) ?? [];
  const before = body.replace(/^client_toml = .*\n/m, '');
  const toml = unsealed(view.files[`${PULL}/${name}/client.toml`]?.text ?? '');
  const fingerprints = fingerprintsOf(view);
  if (!sameText(before, after, fingerprints)) {
    const cause = 'the settings differ';
    return [{ kind: 'update', target, cause, before, after: showFingerprints(after, fingerprints) }];
  }
  const whole = body.includes('{{') || seal === sha256(body);
  if (whole && named === toml.seal) return [];
  const cause = whole ? 'it names another client.toml than the one that is there' : 'its seal is broken';
  return [{ kind: 'update', target, cause, before: 'out of step', after: 'in step with client.toml' }];
}

function successor(view: View, client: string): string {
  const { state } = clientKeys(view, client);
  return state.phase === 'announcing' || state.phase === 'announced'
    ? `key = {{key ${client} k${state.next}}}\n`
    : '';
}

/** A published text, and the hash in its last line; empty where it has none. */
function unsealed(text: string): { readonly body: string; readonly seal: string } {
  const [line = '', seal = ''] = new RegExp(`${TRAILER} ([0-9a-f]{64})\n$`).exec(text) ?? [];
  return { body: text.slice(0, text.length - line.length), seal };
}
