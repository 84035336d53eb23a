import { formatAddress } from '../../codec/address.ts';
import type { DesiredClient, DesiredServer } from '../../model/desired.ts';
import type { KeptService } from '../../model/status.ts';
import { findServices } from '../found-services.ts';
import { publicAddress } from '../pull/cut.ts';
import type { View } from '../view.ts';
import { wantedServices } from '../wanted-services.ts';

/** What an apply would leave on the host undeclared; nothing can be said of it where server.toml makes no sense. */
export function keptServices(
  view: View,
  server: DesiredServer,
  clients: readonly DesiredClient[],
): readonly KeptService[] {
  const found = findServices(view);
  if (!('services' in found)) return [];
  const declared = new Set(server.services.map(({ name }) => name));
  const { wanted } = wantedServices(server, found, new Set(clients.map(({ name }) => name)));
  const kept = wanted.flatMap((each): readonly [string, KeptService][] => {
    if (each.kind === 'declared' || declared.has(each.service)) return [];
    const bind = publicAddress(each.found);
    const { protocol } = each.found.table;
    const { service } = each;
    return [[service, { service, protocol, ...(bind && { bind: formatAddress(bind) }) }]];
  });
  // Of one in the middle of a rotation there are two generations.
  return [...new Map(kept).values()].sort((a, b) => (a.service < b.service ? -1 : 1));
}
