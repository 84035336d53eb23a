import type {
  ClientHost,
  Desired,
  DesiredClient,
  DesiredServer,
  DesiredService,
  DesiredTls,
  PossibleServer,
  RatholeRelease,
  RotationPolicy,
  SocketAddress,
  Transport,
} from '../../model/desired.ts';
import type { Inventory, InventoryHost } from '../../model/inventory.ts';
import { parseEndpoint, parseSocketAddress } from '../address.ts';
import { selectHosts } from '../inventory/pattern.ts';
import { DEFAULTS, defaultWarnBefore, maxAgeOf, seconds } from './defaults.ts';
import { besideFile } from './path.ts';
import type {
  ClientSource,
  Playbook,
  RatholeSource,
  RotationSource,
  ServiceSource,
  TlsSource,
  TransportSource,
  TunnelSource,
} from './source.ts';
import { fillIn } from './template.ts';

/** A playbook without findings. */
export interface RightPlaybook {
  readonly path: string;
  readonly playbook: Playbook;
}

/** Right playbooks to the wanted state: defaults filled in, one server for each tunnel and host. */
export function resolve(playbooks: readonly RightPlaybook[], inventory: Inventory): Desired {
  const servers = playbooks.flatMap(({ path, playbook }) =>
    Object.entries(playbook.tunnels).flatMap(([name, tunnel]) =>
      resolveTunnel(name, tunnel, path, inventory),
    ),
  );
  servers.sort((a, b) => compare(a.host.name, b.host.name));
  const serving = new Set(servers.map(({ host }) => host.name));
  const free = new Map(
    inventory.hosts.filter(({ name }) => !serving.has(name)).map((host) => [host.name, host]),
  );
  const declared = new Map(playbooks.flatMap(({ playbook }) => Object.entries(playbook.clients ?? {})));
  const clients = [...declared]
    .map(([name, client]) => resolveClient(name, client, free.has(name)))
    .sort((a, b) => compare(a.name, b.name));
  return {
    servers,
    clients,
    clientHosts: clients.flatMap((client) => clientHost(client, free.get(client.name), servers)),
    possibleServers: possibleServers(playbooks, inventory),
  };
}

function clientHost(
  { name, poll }: DesiredClient,
  host: InventoryHost | undefined,
  servers: readonly DesiredServer[],
): readonly ClientHost[] {
  if (host === undefined) return [];
  const joined = servers.filter(({ services }) => services.some(({ client }) => client === name));
  return [{ host: { name, connection: host.connection }, poll, servers: joined }];
}

function possibleServers(
  playbooks: readonly RightPlaybook[],
  { hosts }: Inventory,
): readonly PossibleServer[] {
  const tunnels = playbooks.flatMap(({ playbook }) => Object.entries(playbook.tunnels));
  return tunnels.flatMap(([tunnel, { prune = DEFAULTS.prune }]) =>
    hosts.map(({ name }) => ({ name: `${tunnel}-${name}`, prune })),
  );
}

function resolveTunnel(
  name: string,
  tunnel: TunnelSource,
  path: string,
  inventory: Inventory,
): DesiredServer[] {
  const rotation = resolveRotation(tunnel.rotation ?? {});
  const services = Object.entries(tunnel.services)
    .map(([service, source]) => resolveService(service, source, rotation))
    .sort((a, b) => compare(a.name, b.name));
  return selectHosts(tunnel.hosts, inventory).hosts.map((host) => ({
    tunnel: name,
    host: { name: host.name, connection: host.connection },
    domain: fillIn(tunnel.domain, host).text,
    formerDomains: (tunnel.former_domains ?? []).map((domain) => fillIn(domain, host).text),
    tls: resolveTls(tunnel.tls, host),
    transport: resolveTransport(tunnel.transport ?? { type: 'websocket' }),
    rathole: resolveRathole(tunnel.rathole, path),
    heartbeatInterval: seconds(tunnel.heartbeat_interval ?? DEFAULTS.heartbeatInterval),
    services,
    rotation,
    prune: tunnel.prune ?? DEFAULTS.prune,
    forbidInterruptions: tunnel.forbid_interruptions ?? [],
  }));
}

function resolveTls(tls: TlsSource | undefined, host: InventoryHost): DesiredTls {
  if (tls?.mode !== 'files') return { mode: 'self-signed' };
  return { mode: 'files', certificate: fillIn(tls.certificate, host).text, key: fillIn(tls.key, host).text };
}

function resolveTransport(transport: TransportSource): Transport {
  switch (transport.type) {
    case 'websocket':
      return { kind: 'websocket', bind: addressOf(transport.bind ?? DEFAULTS.websocketBind) };
    case 'tcp':
      return { kind: 'tcp', bind: addressOf(transport.bind) };
  }
}

function resolveRathole({ version, sha256, binary }: RatholeSource, path: string): RatholeRelease {
  return { version, sha256, ...(binary === undefined ? {} : { binary: besideFile(path, binary) }) };
}

function resolveService(name: string, source: ServiceSource, rotation: RotationPolicy): DesiredService {
  return {
    name,
    client: source.client,
    protocol: source.type ?? 'tcp',
    local: parseEndpoint(source.local) ?? misfit(source.local),
    bind: addressOf(source.bind),
    cutover: source.cutover ?? rotation.cutover,
    ...(source.rathole_name === undefined ? {} : { ratholeName: source.rathole_name }),
    ...(source.nodelay === undefined ? {} : { nodelay: source.nodelay }),
    ...(source.retry_interval === undefined ? {} : { retryInterval: seconds(source.retry_interval) }),
  };
}

function resolveRotation(rotation: RotationSource): RotationPolicy {
  const maxAge = maxAgeOf(rotation.max_age);
  return {
    ...(maxAge === undefined ? {} : { maxAge }),
    warnBefore:
      rotation.warn_before === undefined ? defaultWarnBefore(maxAge) : seconds(rotation.warn_before),
    grace: seconds(rotation.grace ?? DEFAULTS.grace),
    cutover: rotation.cutover ?? 'blue-green',
    stragglers: rotation.stragglers ?? 'hold',
    finalize: rotation.finalize ?? 'when-verified',
    atMost: rotation.at_most ?? DEFAULTS.atMost,
  };
}

function resolveClient(name: string, client: ClientSource, managed: boolean): DesiredClient {
  return { name, poll: seconds(client?.poll ?? DEFAULTS.poll), managed };
}

const addressOf = (text: string): SocketAddress => parseSocketAddress(text) ?? misfit(text);

/** The schema lets no such text through. */
function misfit(text: string): never {
  throw new TypeError(`the schema let an address through that is none: ${JSON.stringify(text)}`);
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
