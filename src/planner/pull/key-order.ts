import type { DesiredClient, DesiredServer } from '../../model/desired.ts';
import { findServices } from '../found-services.ts';
import { nginxReload } from '../nginx.ts';
import { type Part, part } from '../part.ts';
import type { KeyOrder } from '../rotation/keys.ts';
import { streamServices } from '../stream-services.ts';
import type { View } from '../view.ts';
import { wantedServices } from '../wanted-services.ts';
import { planKeyRotation } from './key-rotation.ts';

/** What a person asks about the keys of some clients, apart from any other change. */
export function planKeyOrder(
  view: View,
  server: DesiredServer,
  declared: readonly DesiredClient[],
  names: readonly string[],
  order: KeyOrder,
): Part {
  const found = findServices(view);
  if ('length' in found) return part({ refusals: found });
  const services = wantedServices(server, found, new Set(declared.map(({ name }) => name)));
  const joined = declared.filter(({ name }) => names.includes(name));
  const orders = new Map(joined.map(({ name }) => [name, order]));
  const reload = nginxReload(streamServices(server, services));
  return planKeyRotation(view, server, { joined, left: [] }, orders, reload);
}
