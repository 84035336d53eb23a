import { fragmentName, keptFragmentName, SERVER_FRAGMENTS } from '../artifacts/paths.ts';
import { keptFragment, serverFragment } from '../artifacts/server-toml.ts';
import { ratholeBind, ratholeName } from '../artifacts/slot.ts';
import { formatAddress } from '../codec/address.ts';
import type { DesiredServer, DesiredService } from '../model/desired.ts';
import type { FoundServer, FoundService } from './found-services.ts';
import type { View } from './view.ts';

/** One service-generation that shall be on the host. */
export type WantedService = {
  readonly ratholeName: string;
  readonly service: string;
  readonly generation: number;
  /** What is there of it already; undefined: it is new, and so is its token. */
  readonly found: FoundService | undefined;
} & (
  | { readonly kind: 'declared'; readonly declared: DesiredService }
  /** In the middle of a rotation, or not in the playbook and kept: it stays as it is. */
  | { readonly kind: 'pending' | 'kept'; readonly found: FoundService }
);

export interface Services {
  /** Sorted by rathole name. */
  readonly wanted: readonly WantedService[];
  /** On the host, and to be removed. */
  readonly removed: readonly FoundService[];
}

/**
 * Which generations a host shall serve. What is found stays: a declared service keeps its generation and token, an
 * undeclared one is kept unless it is pruned or its client has left, one in the middle of a rotation is not touched. A
 * service that moved to another client begins anew: the old client's token is never the new one's.
 */
export function wantedServices(
  server: DesiredServer,
  found: FoundServer,
  clients: ReadonlySet<string>,
): Services {
  const declaredNames = new Set(server.services.map(({ name }) => name));
  const pending = found.services.filter(
    (each) =>
      found.moving.has(each.service) &&
      (declaredNames.has(each.service) || !(server.prune || hasLeft(each, clients))),
  );
  const declared = server.services
    .filter(({ name }) => !found.moving.has(name))
    .map((each) => declaredService(each, found));
  const names = new Set(declared.map((each) => each.ratholeName));
  const others = found.services.filter((each) => !names.has(each.ratholeName) && !pending.includes(each));
  // What carries a declared service's name is its former shape (another cutover), or a generation that was given up.
  const removed = others.filter(
    (each) => server.prune || declaredNames.has(each.service) || hasLeft(each, clients),
  );
  const kept = others.filter((each) => !removed.includes(each));
  const wanted = [...declared, ...pending.map(asIs('pending')), ...kept.map(asIs('kept'))];
  return { wanted: wanted.sort((a, b) => (a.ratholeName < b.ratholeName ? -1 : 1)), removed };
}

/** What a client offers that is not declared any more ends, whether services are pruned or not. */
function hasLeft({ comment }: FoundService, clients: ReadonlySet<string>): boolean {
  return comment !== undefined && !clients.has(comment.client);
}

const asIs =
  (kind: 'pending' | 'kept') =>
  (found: FoundService): WantedService => ({
    kind,
    found,
    ratholeName: found.ratholeName,
    service: found.service,
    generation: found.generation,
  });

/** The generation that the record says, where it is there; else the newest that is: its token is in use. */
function declaredService(declared: DesiredService, found: FoundServer): WantedService {
  const current = found.records[declared.name]?.current;
  const present = found.services
    .filter((each) => isGenerationOf(declared, each))
    .sort((a, b) => b.generation - a.generation);
  const chosen = present.find(({ generation }) => generation === current) ?? present[0];
  const generation = chosen === undefined ? firstGeneration(declared, found) : Math.max(chosen.generation, 1);
  return {
    kind: 'declared',
    declared,
    service: declared.name,
    generation,
    ratholeName: ratholeName(declared, generation),
    found: chosen,
  };
}

function isGenerationOf(declared: DesiredService, found: FoundService): boolean {
  if (found.ratholeName !== ratholeName(declared, found.generation) || hasMoved(declared, found))
    return false;
  return declared.cutover === 'in-place' || found.generation > 0;
}

/** Whether another client offered it: that one's token is never the new one's. */
export function hasMoved({ client }: DesiredService, { comment }: FoundService): boolean {
  return comment !== undefined && comment.client !== client;
}

/**
 * The number after the highest one ever used, and one more where another service holds that slot: so a renamed
 * service comes up beside its old name, and visitors find whichever its client offers.
 */
function firstGeneration(declared: DesiredService, found: FoundServer): number {
  const next = (found.highest.get(declared.name) ?? 0) + 1;
  const others = found.services.filter((each) => each.ratholeName !== ratholeName(declared, next));
  const taken = new Set(others.map(bindKey));
  const key = `${declared.protocol} ${formatAddress(ratholeBind(declared, next))}`;
  return taken.has(key) ? next + 1 : next;
}

function bindKey({ table }: FoundService): string {
  return `${table.protocol} ${table.bind === undefined ? '' : formatAddress(table.bind)}`;
}

/** Where its fragment belongs. */
export function serverFragmentPath(wanted: WantedService): string {
  if (wanted.kind !== 'declared' && wanted.found.fragment !== undefined) return wanted.found.fragment;
  const { service, generation, ratholeName: name } = wanted;
  const file = generation === 0 ? keptFragmentName(name) : fragmentName(service, generation);
  return `${SERVER_FRAGMENTS}/${file}`;
}

/** Its fragment as it shall be, with a placeholder for its token; one that is left alone is as it was found. */
export function serverFragmentText(wanted: WantedService, files: View['files']): string {
  if (wanted.kind === 'declared') return serverFragment(wanted.declared, wanted.generation);
  const { found } = wanted;
  const present = found.fragment === undefined ? undefined : files[found.fragment]?.text;
  return (
    present ??
    keptFragment({ name: wanted.service, generation: wanted.generation }, found.table, found.comment)
  );
}
