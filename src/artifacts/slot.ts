import type { DesiredService, SocketAddress } from '../model/desired.ts';

/** Even generations listen in the first network, odd ones in the second. */
export const SLOT_NETWORKS = ['127.77', '127.78'] as const;
/** Below 1024, so that no unprivileged process can sit on an empty slot. */
export const SLOT_PORT = 1019;

/** Where rathole binds a generation of the service with this public port, for nginx to find. */
export function slotAddress(publicPort: number, generation: number): SocketAddress {
  const network = SLOT_NETWORKS[generation % 2 === 0 ? 0 : 1];
  return { address: `${network}.${publicPort >> 8}.${publicPort & 255}`, port: SLOT_PORT };
}

/** rathole's name for a generation. In place there is one name for all of them. */
export function ratholeName(
  service: Pick<DesiredService, 'name' | 'cutover' | 'ratholeName'>,
  generation: number,
): string {
  if (service.cutover === 'in-place') return service.ratholeName ?? service.name;
  return `${service.name}.g${generation}`;
}

/** Where rathole binds a generation: a slot behind nginx, or in place the public address itself. */
export function ratholeBind(
  service: Pick<DesiredService, 'cutover' | 'bind'>,
  generation: number,
): SocketAddress {
  return service.cutover === 'in-place' ? service.bind : slotAddress(service.bind.port, generation);
}
