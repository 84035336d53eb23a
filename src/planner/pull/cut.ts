import { formatAddress, parseAddress } from '../../codec/address.ts';
import type { DesiredServer, SocketAddress } from '../../model/desired.ts';
import type { Step } from '../../model/step.ts';
import { connectionsAt } from '../forecast.ts';
import type { FoundService } from '../found-services.ts';
import { overlaps } from '../listening.ts';
import { type Part, part } from '../part.ts';
import type { View } from '../view.ts';
import type { Services } from '../wanted-services.ts';

/** Ends the live connections of services that are gone for good. An address that goes on under another name is not. */
export function planCuts(view: View, server: DesiredServer, services: Services): Part {
  const declared = new Set(server.services.map(({ name }) => name));
  const served = services.wanted.flatMap((each) =>
    each.kind === 'declared' ? [each.declared.bind] : (publicAddress(each.found) ?? []),
  );
  const gone = services.removed.flatMap((found): readonly Gone[] => {
    const bind = publicAddress(found);
    if (bind === undefined || declared.has(found.service) || found.table.protocol !== 'tcp') return [];
    return served.some((other) => overlaps(tcp(other), tcp(bind))) ? [] : [{ service: found.service, bind }];
  });
  const all = [...new Map(gone.map((each) => [formatAddress(each.bind), each])).values()];
  if (all.length === 0) return part({});
  return view.socketKill === false ? goOn(all) : part({ steps: all.map((each) => cut(view, each)) });
}

interface Gone {
  readonly service: string;
  readonly bind: SocketAddress;
}

const tcp = (bind: SocketAddress) => ({ protocol: 'tcp' as const, ...bind });

/** Behind nginx the comment has it; in place rathole binds it itself. */
export function publicAddress({ comment, table }: FoundService): SocketAddress | undefined {
  return comment === undefined ? table.bind : parseAddress(comment.bind);
}

function cut(view: View, { service, bind }: Gone): Step {
  const connections = connectionsAt(view, [bind]);
  const reason = `${service} is removed: its ${connections} live connections end`;
  const interrupts = { kind: 'live-connections', services: [service], connections, reason } as const;
  return { kind: 'cut-connections', service, ...bind, interrupts };
}

function goOn(all: readonly Gone[]): Part {
  const names = all.map(({ service }) => service).join(', ');
  const message = `this kernel lets nobody end connections (CONFIG_INET_DIAG_DESTROY): those through ${names} would go on`;
  const remedy = 'Restart nginx and rathole-server in a maintenance window after it.';
  return part({ refusals: [{ rule: 'cannot-cut', message, remedy, consent: 'keep-live-connections' }] });
}
