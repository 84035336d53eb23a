import { CLIENT_FRAGMENTS, CLIENTS, PULL } from '../../artifacts/paths.ts';
import type { DesiredClient } from '../../model/desired.ts';
import type { View } from '../view.ts';
import type { Services } from '../wanted-services.ts';

/** Who pulls from a host. */
export interface PullClients {
  /** Those with services here, and those that once had some: their key is kept for the next one. Sorted by name. */
  readonly joined: readonly DesiredClient[];
  /** Known here, and not declared any more. Sorted. */
  readonly left: readonly string[];
}

export function pullClients(
  view: View,
  declared: readonly DesiredClient[],
  { wanted }: Services,
): PullClients {
  const serving = new Set(wanted.flatMap((each) => clientOf(each) ?? []));
  const keyed = keyedClients(view);
  const names = new Set(declared.map(({ name }) => name));
  const known = new Set([...keyed, ...[PULL, CLIENTS, CLIENT_FRAGMENTS].flatMap((at) => folders(view, at))]);
  return {
    joined: declared
      .filter(({ name }) => serving.has(name) || keyed.has(name))
      .sort((a, b) => (a.name < b.name ? -1 : 1)),
    left: [...known].filter((name) => !names.has(name)).sort(),
  };
}

/** Whose service it is, as far as anybody knows. */
export function clientOf(each: Services['wanted'][number]): string | undefined {
  return each.kind === 'declared' ? each.declared.client : each.found.comment?.client;
}

function keyedClients({ pulls }: View): ReadonlySet<string> {
  return new Set([...Object.keys(pulls.records), ...pulls.keys.map(({ client }) => client)]);
}

/** Names of the folders right in a folder. */
function folders(view: View, at: string): readonly string[] {
  return Object.entries(view.files)
    .filter(([path, { type }]) => type === 'directory' && path.startsWith(`${at}/`))
    .map(([path]) => path.slice(at.length + 1))
    .filter((name) => /^[a-z][a-z0-9_-]*$/.test(name));
}
