import { CLIENTS, clientFragments, keyPath, PULL } from '../../artifacts/paths.ts';
import { join, type Part, part } from '../part.ts';
import type { View } from '../view.ts';
import { keysOf } from './client-keys.ts';
import type { PullClients } from './clients.ts';
import { removal } from './keys.ts';

/** Removes what is left of clients that are not declared any more. nginx has forgotten their keys before this. */
export function planLeaving(view: View, { left }: PullClients): Part {
  return join(left.map((client) => leave(view, client)));
}

const KEY_REVOKED = { kind: 'audit-secret', secret: 'key', action: 'revoke' } as const;

function leave({ files, pulls }: View, client: string): Part {
  const numbers = keysOf(pulls.keys, client).map(({ number }) => number);
  const keys = numbers.map((number) => keyPath(client, number));
  const folders = [`${PULL}/${client}`, `${CLIENTS}/${client}`, clientFragments(client)];
  const found = folders.filter((path) => files[path] !== undefined);
  const cause = 'the client is not in the playbook';
  return part({
    changes: [...keys, ...found].map((target) => ({ kind: 'delete' as const, target, cause, before: '' })),
    steps: [
      ...numbers.map((number) => ({ ...KEY_REVOKED, target: client, number, reason: cause })),
      ...keys.flatMap((path) => removal(path, files[path]?.sha256)),
      ...found.map((path) => ({ kind: 'remove-folder' as const, path })),
    ],
    notes: [
      `client ${client} has left: its keys end, and its services with them; a renamed client needs its own bundle`,
    ],
  });
}
