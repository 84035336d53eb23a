import type { StreamService } from '../artifacts/nginx-stream.ts';
import { formatAddress, parseAddress } from '../codec/address.ts';
import type { DesiredServer } from '../model/desired.ts';
import type { FoundService } from './found-services.ts';
import { overlaps } from './listening.ts';
import type { Services } from './wanted-services.ts';

/**
 * The services whose public address nginx owns, sorted by name: the declared ones, and those that are kept although
 * the playbook has forgotten them, unless a declared one has taken over the address.
 */
export function streamServices(server: DesiredServer, { wanted }: Services): readonly StreamService[] {
  const declared: readonly StreamService[] = server.services
    .filter(({ cutover }) => cutover === 'blue-green')
    .map(({ name, protocol, bind }) => ({ name, protocol, bind, generation: inUse(wanted, name) }));
  const found = wanted.flatMap((each) =>
    each.kind === 'declared' ? [] : (streamOf(each.found, inUse(wanted, each.service)) ?? []),
  );
  const all = new Map(declared.map((each) => [each.name, each]));
  for (const each of found) {
    const free = [...all.values()].every((other) => !overlaps(at(each), at(other)));
    if (free && !all.has(each.name)) all.set(each.name, each);
  }
  return [...all.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The oldest generation of a service: a staged one is not in use before the other is gone. */
function inUse(wanted: Services['wanted'], service: string): number {
  return Math.min(...wanted.filter((each) => each.service === service).map(({ generation }) => generation));
}

/** Known by the comment above its table; undefined for what rathole binds itself. */
function streamOf({ comment, table }: FoundService, generation: number): StreamService | undefined {
  if (comment?.cutover !== 'blue-green') return undefined;
  const bind = parseAddress(comment.bind);
  return bind === undefined
    ? undefined
    : { name: comment.service, protocol: table.protocol, bind, generation };
}

/** Names of services on the host whose public address nginx gives up. */
export function givenUp(found: readonly FoundService[], stream: readonly StreamService[]): readonly string[] {
  const before = found.flatMap((each) => streamOf(each, each.generation) ?? []);
  const goes = before.filter((old) => !stream.some((each) => addressKey(each) === addressKey(old)));
  return [...new Set(goes.map(({ name }) => name))].sort();
}

const addressKey = ({ protocol, bind }: StreamService) => `${protocol} ${formatAddress(bind)}`;

const at = ({ protocol, bind }: StreamService) => ({ protocol, ...bind });
