import type { StreamService } from '../artifacts/nginx-stream.ts';
import { ratholeBind } from '../artifacts/slot.ts';
import type { DesiredServer } from '../model/desired.ts';
import type { Listener } from '../model/observed.ts';
import type { Listening } from '../model/step.ts';
import type { Services } from './wanted-services.ts';

const HTTP_PORTS = [80, 443] as const;

/** What nginx listens on for us. */
export function nginxListens(stream: readonly StreamService[]): readonly Listening[] {
  const http = HTTP_PORTS.flatMap((port) =>
    ['0.0.0.0', '::'].map((address) => ({ protocol: 'tcp' as const, address, port })),
  );
  return [...http, ...stream.map(({ protocol, bind }) => ({ protocol, ...bind }))];
}

/** What rathole-server listens on whether clients come or not. */
export function ratholeListens(server: DesiredServer): readonly Listening[] {
  return [{ protocol: 'tcp', ...server.transport.bind }];
}

/** What rathole binds once clients come. */
export function ratholeBinds({ wanted }: Services): readonly Listening[] {
  return wanted.flatMap((each) =>
    each.kind === 'declared'
      ? [{ protocol: each.declared.protocol, ...ratholeBind(each.declared, each.generation) }]
      : [],
  );
}

/** Whether a socket serves an address: it stands on the very same one, or on both families' wildcard for `::`. */
export function serves(listener: Listener, wanted: Listening): boolean {
  if (listener.protocol !== wanted.protocol || listener.port !== wanted.port) return false;
  return listener.address === wanted.address || (listener.address === '*' && wanted.address === '::');
}

/** Whether two sockets cannot both listen. */
export function overlaps(a: Listening, b: Listening): boolean {
  if (a.protocol !== b.protocol || a.port !== b.port) return false;
  if (a.address === b.address || a.address === '*' || b.address === '*') return true;
  const sameFamily = a.address.includes(':') === b.address.includes(':');
  return sameFamily && [a.address, b.address].some((address) => address === '0.0.0.0' || address === '::');
}

export function isHeldBy(listener: Listener, name: string): boolean {
  return listener.processes.some((owner) => owner.name === name);
}
