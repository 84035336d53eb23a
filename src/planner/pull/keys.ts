import { CLIENTS, keyPath, NGINX_KEYS } from '../../artifacts/paths.ts';
import { keyMap, type PullKey } from '../../artifacts/pull/key-map.ts';
import { showFingerprints } from '../../codec/placeholder.ts';
import type { DesiredClient } from '../../model/desired.ts';
import type { Step } from '../../model/step.ts';
import { foreign, obstacleAt, PRIVATE_FILE, planOwnership } from '../files.ts';
import { once } from '../once.ts';
import { join, type Part, part } from '../part.ts';
import { sameText } from '../secret-text.ts';
import type { View } from '../view.ts';
import { keyNotes } from './bundles.ts';
import { type ClientKeys, clientKeys } from './client-keys.ts';
import type { PullClients } from './clients.ts';

/** Gives each client that joins its first key, made on the host, and lets nginx answer to exactly the keys on record. */
export function planKeys(view: View, clients: PullClients): Part {
  const joined = clients.joined.map((client) => ({ client, keys: clientKeys(view, client.name) }));
  return join([
    ...joined.map(({ client, keys }) => planRecord(view, client, keys)),
    forgetRecords(view, clients),
    planKeyMap(
      view,
      joined.map(({ keys }) => keys),
    ),
  ]);
}

const KEY_MADE = {
  kind: 'audit-secret',
  secret: 'key',
  action: 'make',
  reason: 'the client had none',
} as const;

/** A key that its record speaks of and that is gone is made anew: its client needs a new bundle either way. */
function planRecord(
  { files }: View,
  declared: DesiredClient,
  { client, found, state, served }: ClientKeys,
): Part {
  const missing = served.filter((number) => files[keyPath(client, number)] === undefined);
  const changes = missing.map((number) => ({
    kind: 'create' as const,
    target: keyPath(client, number),
    cause: 'absent',
    after: '{{made on the host}}',
  }));
  const steps: Step[] = missing.flatMap((number) => [
    { ...KEY_MADE, target: client, number },
    { kind: 'make-key', client, number },
  ]);
  if (found === undefined) steps.push({ kind: 'record-key', client, found, ...state });
  const notes = keyNotes(declared, found === undefined ? 'its' : 'a new');
  return part({ changes, steps, notes: missing.length > 0 ? notes : [] });
}

/** Without its record a client that has left is nobody's: the map comes next. */
function forgetRecords({ pulls, files }: View, { left }: PullClients): Part {
  return part({
    steps: left
      .filter((client) => pulls.records[client] !== undefined)
      .map((client) => recordPath(client))
      .flatMap((path) => removal(path, files[path]?.sha256)),
  });
}

const recordPath = (client: string) => `${CLIENTS}/${client}/key`;

export function removal(path: string, sha256: string | undefined): readonly Step[] {
  return sha256 === undefined ? [] : [{ kind: 'remove-file', path, expect: { kind: 'sha256', sha256 } }];
}

function planKeyMap(view: View, keys: readonly ClientKeys[]): Part {
  const found = view.files[NGINX_KEYS];
  const obstacle = obstacleAt(NGINX_KEYS, found);
  if (obstacle) return part({ refusals: [obstacle] });
  const wanted = keyMap(servedKeys(keys));
  const fingerprints = fingerprintsOf(view);
  if (found?.text !== undefined && sameText(found.text, wanted, fingerprints)) {
    return planOwnership(NGINX_KEYS, found, PRIVATE_FILE);
  }
  const after = showFingerprints(wanted, fingerprints);
  const steps = [{ kind: 'write-key-map', path: NGINX_KEYS } as const];
  if (found === undefined) {
    return part({ changes: [{ kind: 'create', target: NGINX_KEYS, cause: 'absent', after }], steps });
  }
  const before = found.text ?? '';
  const cause = 'the keys on record are others';
  return part({
    changes: [{ kind: 'update', target: NGINX_KEYS, cause, before, after }],
    steps,
    refusals: foreign(NGINX_KEYS, found),
  });
}

function servedKeys(keys: readonly ClientKeys[]): readonly PullKey[] {
  return keys.flatMap(({ client, served }) => served.map((number) => ({ client, number })));
}

/** Each key's fingerprint by what its placeholder says (`desktop k1`). */
export const fingerprintsOf = once(
  ({ pulls }: View): ReadonlyMap<string, string> =>
    new Map(pulls.keys.map(({ client, number, fingerprint }) => [`${client} k${number}`, fingerprint])),
);

export const writesKeyMap = ({ steps }: Part) => steps.some(({ kind }) => kind === 'write-key-map');
