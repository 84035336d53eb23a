import type { DesiredClient, DesiredServer, Protocol, SocketAddress } from '../model/desired.ts';
import { findServices } from './found-services.ts';
import { publicAddress } from './pull/cut.ts';
import type { View } from './view.ts';
import { type Services, wantedServices } from './wanted-services.ts';

/** A service that stays on its host although the playbook does not name it. */
export interface Undeclared {
  readonly service: string;
  readonly protocol: Protocol;
  /** Its public address, where that is known. */
  readonly bind: SocketAddress | undefined;
  /** The declared service that has its place now: a slot comes from the public port and the protocol alone. */
  readonly taker: string | undefined;
}

/** Sorted by name; of one in the middle of a rotation there are two generations. */
export function undeclaredServices(
  { services }: DesiredServer,
  { wanted }: Pick<Services, 'wanted'>,
): readonly Undeclared[] {
  const declared = new Set(services.map(({ name }) => name));
  const undeclared = wanted.flatMap((each): readonly [string, Undeclared][] => {
    const { service } = each;
    if (each.kind === 'declared' || declared.has(service)) return [];
    const { protocol } = each.found.table;
    const bind = publicAddress(each.found);
    const taker = services.find((other) => other.protocol === protocol && other.bind.port === bind?.port);
    return [[service, { service, protocol, bind, taker: taker?.name }]];
  });
  return [...new Map(undeclared).values()].sort((a, b) => (a.service < b.service ? -1 : 1));
}

/** What an apply would leave on the host undeclared; nothing can be said of it where server.toml makes no sense. */
export function undeclaredOn(
  view: View,
  server: DesiredServer,
  clients: readonly DesiredClient[],
): readonly Undeclared[] {
  const found = findServices(view);
  if (!('services' in found)) return [];
  return undeclaredServices(server, wantedServices(server, found, new Set(clients.map(({ name }) => name))));
}
