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
 * undeclared one is kept unless it is pruned, one in the middle of a rotation is not touched.
 */
export function wantedServices(server: DesiredServer, found: FoundServer): Services {
  const pending = pendingServices(found);
  const declared = server.services.flatMap((service) => declaredGenerations(service, found, pending));
  const names = new Set(declared.map((each) => each.ratholeName));
  const others = found.services.filter((each) => !names.has(each.ratholeName) && !pending.includes(each));
  const removed = others.filter((each) => server.prune || isDeclared(server, each));
  const kept = others.filter((each) => !removed.includes(each));
  const wanted = [...declared, ...pending.map(asIs('pending')), ...kept.map(asIs('kept'))];
  return { wanted: wanted.sort((a, b) => (a.ratholeName < b.ratholeName ? -1 : 1)), removed };
}

/** All generations of a service that the pending file speaks of, by our name for it or by rathole's. */
function pendingServices({ services, pending }: FoundServer): readonly FoundService[] {
  const named = services.filter((each) => pending.has(each.service) || pending.has(each.ratholeName));
  const names = new Set(named.map(({ service }) => service));
  return services.filter(({ service }) => names.has(service));
}

/** What carries a declared service's name but not its rathole name is its former shape (another cutover). */
function isDeclared(server: DesiredServer, found: FoundService): boolean {
  return server.services.some((service) => service.name === found.service);
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

function declaredGenerations(
  declared: DesiredService,
  found: FoundServer,
  pending: readonly FoundService[],
): readonly WantedService[] {
  if (pending.some((each) => each.service === declared.name)) return [];
  const present = found.services.filter((each) => isGenerationOf(declared, each));
  const wanted = (generation: number, each?: FoundService): WantedService => ({
    kind: 'declared',
    declared,
    service: declared.name,
    generation,
    ratholeName: ratholeName(declared, generation),
    found: each,
  });
  if (present.length === 0) return [wanted(firstGeneration(declared, found))];
  return present.map((each) => wanted(Math.max(each.generation, 1), each));
}

function isGenerationOf(declared: DesiredService, found: FoundService): boolean {
  if (found.ratholeName !== ratholeName(declared, found.generation)) return false;
  return declared.cutover === 'in-place' || found.generation > 0;
}

/**
 * The number after the highest one ever used, and one more where another service holds that slot: so a renamed
 * service comes up beside its old name, and visitors find whichever its client offers.
 */
function firstGeneration(declared: DesiredService, found: FoundServer): number {
  const next = (found.highest.get(declared.name) ?? 0) + 1;
  const taken = new Set(found.services.map(bindKey));
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
