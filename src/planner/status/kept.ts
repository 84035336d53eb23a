import { formatAddress } from '../../codec/address.ts';
import type { DesiredClient, DesiredServer, DesiredService } from '../../model/desired.ts';
import type { Attention, KeptService } from '../../model/status.ts';
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

/** Kept services whose place a declared one has taken: a slot comes from the public port and the protocol alone. */
export function sharing(
  kept: readonly KeptService[],
  services: readonly DesiredService[],
): readonly { readonly kept: string; readonly taker: string }[] {
  return kept.flatMap(({ service, protocol, bind }) => {
    const port = Number(bind?.slice(bind.lastIndexOf(':') + 1));
    const taker = services.find((each) => each.protocol === protocol && each.bind.port === port);
    return taker === undefined ? [] : [{ kept: service, taker: taker.name }];
  });
}

export function sharedAddresses(
  kept: readonly KeptService[],
  services: readonly DesiredService[],
): readonly Attention[] {
  return sharing(kept, services).map((each) => {
    const message = `is not in the playbook, and is kept at the address of ${each.taker}: \`prune: true\` removes it`;
    return { rule: 'address-shared', subject: { kind: 'service', name: each.kept }, message };
  });
}
