import type { Cutover, Protocol, SocketAddress } from '../../model/desired.ts';
import type { Inventory, InventoryHost } from '../../model/inventory.ts';
import { parseSocketAddress } from '../address.ts';
import type { Spot } from '../findings.ts';
import { type Problem, selectHosts } from '../inventory/pattern.ts';
import { entriesAt, keySpotOf, type Located, type Path, spotOf } from '../yaml/located.ts';
import { DEFAULTS } from './defaults.ts';
import type { Draft, LoadedPlaybook } from './load.ts';
import type { ServiceSource, TunnelSource } from './source.ts';

/** A tunnel as the rules look at it: what is right in it, and where. */
export interface TunnelView {
  readonly name: string;
  readonly playbook: LoadedPlaybook;
  readonly right: Draft<TunnelSource>;
  readonly hosts: readonly InventoryHost[];
  /** What is wrong with its host pattern. */
  readonly problems: readonly Problem[];
  readonly services: readonly ServiceView[];
  /** Where rathole itself listens; undefined where that is wrong. */
  readonly transportBind: SocketAddress | undefined;
  /** Where a value below the tunnel stands, or else the nearest above it. */
  readonly at: (...path: Path) => Spot;
  /** Where the tunnel's name stands. */
  readonly key: Spot;
}

export interface ServiceView {
  readonly name: string;
  readonly right: Draft<ServiceSource>;
  readonly protocol: Protocol;
  readonly cutover: Cutover;
  /** Undefined where it is missing or wrong. */
  readonly bind: SocketAddress | undefined;
  readonly at: (...path: Path) => Spot;
}

export function viewTunnels(playbook: LoadedPlaybook, inventory: Inventory): readonly TunnelView[] {
  return Object.entries(playbook.right.tunnels ?? {}).map(([name, right]) => {
    const selection =
      right?.hosts === undefined ? { hosts: [], problems: [] } : selectHosts(right.hosts, inventory);
    const path = ['tunnels', name];
    return {
      name,
      playbook,
      right: right ?? {},
      ...selection,
      services: viewServices(playbook.root, path, right ?? {}),
      transportBind: transportBindOf(right ?? {}),
      at: (...below) => spotOf(playbook.root, [...path, ...below]),
      key: keySpotOf(playbook.root, path),
    };
  });
}

function viewServices(root: Located, path: Path, tunnel: Draft<TunnelSource>): readonly ServiceView[] {
  return Object.entries(tunnel.services ?? {}).map(([name, right]) => ({
    name,
    right: right ?? {},
    protocol: right?.type ?? 'tcp',
    cutover: right?.cutover ?? tunnel.rotation?.cutover ?? 'blue-green',
    bind: right?.bind === undefined ? undefined : parseSocketAddress(right.bind),
    at: (...below) => spotOf(root, [...path, 'services', name, ...below]),
  }));
}

function transportBindOf(tunnel: Draft<TunnelSource>): SocketAddress | undefined {
  const { transport } = tunnel;
  const isWebsocket = transport === undefined || transport.type === 'websocket';
  const text = transport?.bind ?? (isWebsocket ? DEFAULTS.websocketBind : undefined);
  return text === undefined ? undefined : parseSocketAddress(text);
}

/** The clients that a playbook declares, rightly or not, with the places of their names. */
export function declaredClients(playbook: LoadedPlaybook): ReadonlyMap<string, Spot> {
  return new Map([...entriesAt(playbook.root, ['clients'])].map(([name, { key }]) => [name, key]));
}

/** Every client that some service of a playbook names, right or wrong. */
export function usedClients(playbook: LoadedPlaybook): ReadonlySet<string> {
  const used = new Set<string>();
  for (const tunnel of entriesAt(playbook.root, ['tunnels']).values()) {
    for (const service of entriesAt(tunnel.value, ['services']).values()) {
      const client = entriesAt(service.value, []).get('client')?.value;
      if (client?.kind === 'scalar') used.add(String(client.value));
    }
  }
  return used;
}
