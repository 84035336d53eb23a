import type { StreamService } from '../artifacts/nginx-stream.ts';
import { SERVER_UNIT } from '../artifacts/paths.ts';
import { UNKNOWN_FINGERPRINT } from '../codec/placeholder.ts';
import type { ServerFile, ServerFileService } from '../codec/server-toml.ts';
import type { DesiredService, SocketAddress } from '../model/desired.ts';
import type { Interruption } from '../model/step.ts';
import type { View } from './view.ts';

/** Measured with rathole 0.5.0 and nginx 1.22 on a fast network, rounded up; seconds. */
const GAP = { reloadedService: 0.1, restartedInside: 0.6, restartedUnit: 0.7, restartedNginx: 2 } as const;

export function isRunning(view: View, unit: string): boolean {
  return view.units[unit]?.active === 'active';
}

/** A server.toml before and after, with the services' own names. */
export interface Reload {
  readonly before: ServerFile | undefined;
  readonly after: ServerFile;
  /** Our name by rathole's. */
  readonly serviceOf: ReadonlyMap<string, string>;
  /** Names of services that another client offers from now on. */
  readonly moved: readonly string[];
}

/** What rathole's reload of server.toml does to visitors; undefined: nothing, as when only services are added. */
export function forecastReload(view: View, reload: Reload): Interruption | undefined {
  const { before } = reload;
  if (!isRunning(view, SERVER_UNIT) || before === undefined) return undefined;
  const change = withMoves(forecastChange({ ...reload, before }), reload.moved);
  const gone = addressesGone({ ...reload, before });
  if (change === undefined || gone.length === 0) return change;
  const { kind, services, connections } = change;
  const reason = `public addresses of ${gone.join(', ')} are given up; ${change.reason}`;
  return { kind, services, connections, reason };
}

function withMoves(others: Interruption | undefined, moved: readonly string[]): Interruption | undefined {
  if (moved.length === 0) return others;
  const services = others?.services.length === 0 ? [] : sorted([...moved, ...(others?.services ?? [])]);
  const reason = `until their new clients' next pull: ${moved.join(', ')} moved, with new tokens; live connections survive`;
  return { kind: 'new-connections', services, connections: 0, reason };
}

type Known = Reload & { readonly before: ServerFile };

function forecastChange({ before, after, serviceOf }: Known): Interruption | undefined {
  if (before.settings !== after.settings) {
    return gap(
      [],
      GAP.restartedInside,
      'rathole restarts all services inside its process; live connections survive',
    );
  }
  const tables = new Map(after.services.map((table) => [table.name, table]));
  const named = (some: readonly ServerFileService[]) => some.map(({ name }) => serviceOf.get(name) ?? name);
  const removed = named(before.services.filter(({ name }) => !tables.has(name)));
  const changed = named(before.services.filter((table) => differs(table, tables.get(table.name))));
  if (removed.length > 0) return removal(removed, changed, named(after.services));
  if (changed.length === 0) return undefined;
  return gap(changed, GAP.reloadedService, 'their clients authenticate anew; live connections survive');
}

/** A removed service ends for good, its live connections by a step of their own; one that goes on by another name comes back with its client's next pull. */
function removal(
  removed: readonly string[],
  changed: readonly string[],
  after: readonly string[],
): Interruption {
  const gone = removed.filter((name) => !after.includes(name));
  const back = removed.filter((name) => after.includes(name));
  const pulled = `until their clients' next pull: rathole knows ${sorted(back).join(', ')} by another name; live connections survive`;
  const ended = gone.length === 0 ? [] : [`${sorted(gone).join(', ')} removed`];
  const reason = [...(back.length === 0 ? [] : [pulled]), ...ended].join('; ');
  return {
    kind: 'new-connections',
    services: sorted([...removed, ...changed]),
    connections: 0,
    reason,
  };
}

/** Whether rathole sees two tables of one name as different. */
function differs(before: ServerFileService, after: ServerFileService | undefined): boolean {
  if (after === undefined) return false;
  const sameToken =
    before.token === after.token ||
    [before.token, after.token].some((token) => token === `{{fingerprint ${UNKNOWN_FINGERPRINT}}}`);
  return !sameToken || keyOf(before) !== keyOf(after);
}

/** Services that rathole serves in place, and at another address from now on. */
function addressesGone({ before, after, serviceOf }: Known): readonly string[] {
  const tables = new Map(after.services.map((table) => [table.name, table]));
  const gone = before.services.filter((table) => {
    const next = tables.get(table.name);
    return next !== undefined && !isGeneration(table.name) && !isReachedBy(table, next);
  });
  return sorted(gone.map(({ name }) => serviceOf.get(name) ?? name));
}

/** Whether visitors who come to the one's address find the other there. */
function isReachedBy(before: ServerFileService, after: ServerFileService): boolean {
  if (before.bind === undefined || after.bind === undefined) return true;
  if (before.protocol !== after.protocol || before.bind.port !== after.bind.port) return false;
  const all = before.bind.address.includes(':') ? ['::'] : ['::', '0.0.0.0'];
  return [before.bind.address, ...all].includes(after.bind.address);
}

/** Such a name is behind nginx, which owns the public address. */
const isGeneration = (ratholeName: string) => /\.g\d+$/.test(ratholeName);

function keyOf({ protocol, bind, nodelay }: ServerFileService): string {
  return JSON.stringify([protocol, bind?.address, bind?.port, nodelay]);
}

/** A restart of rathole-server ends every connection through it; undefined where it does not run. */
export function forecastRestart(view: View): Interruption | undefined {
  if (!isRunning(view, SERVER_UNIT)) return undefined;
  const connections = liveConnections(view);
  const reason = `rathole-server restarts: all ${connections} live connections end`;
  return { kind: 'live-connections', services: [], seconds: GAP.restartedUnit, connections, reason };
}

/** A restart of rathole-client ends the connections of what it offers through one server; `view` is that server's. */
export function forecastClientRestart(view: View, services: readonly DesiredService[]): Interruption {
  const connections = connectionsAt(
    view,
    services.map(({ bind }) => bind),
  );
  const names = sorted(services.map(({ name }) => name));
  const reason = `rathole-client restarts: its ${connections} live connections end`;
  return { kind: 'live-connections', services: names, seconds: GAP.restartedUnit, connections, reason };
}

/** A restart of nginx ends the tunnels of all clients as well as every visitor's connection. */
export function forecastNginxRestart(view: View): Interruption {
  const connections = liveConnections(view);
  const reason = `nginx restarts: all ${connections} live connections end, other sites' too`;
  return { kind: 'live-connections', services: [], seconds: GAP.restartedNginx, connections, reason };
}

/**
 * A reload of nginx leaves TCP alone; undefined where no UDP is served and no address is given up.
 *
 * @param served of the stream's services those that have visitors by now
 */
export function forecastNginxReload(
  stream: readonly StreamService[],
  gone: readonly string[],
  served: readonly StreamService[] = stream,
): Interruption | undefined {
  const udp = served.filter(({ protocol }) => protocol === 'udp').map(({ name }) => name);
  const flows = 'UDP flows may lose up to 3 datagrams and change their source port';
  if (gone.length === 0) return udp.length === 0 ? undefined : gap(udp, 0, flows);
  // Those of a service that is gone for good are ended by a step of their own.
  const move = gone.every((name) => stream.some((each) => each.name === name));
  const addresses = `public addresses of ${gone.join(', ')} are given up${move ? '; live connections survive' : ''}`;
  const reason = udp.length === 0 ? addresses : `${addresses}; ${flows}`;
  return { kind: 'new-connections', services: sorted([...gone, ...udp]), connections: 0, reason };
}

function gap(services: readonly string[], seconds: number, reason: string): Interruption {
  return { kind: 'new-connections', services: sorted(services), seconds, connections: 0, reason };
}

function sorted(names: readonly string[]): readonly string[] {
  return [...new Set(names)].sort();
}

/** Connections through rathole: those on its slots, and those on the addresses that it binds itself. */
function liveConnections(view: View): number {
  const pid = view.units[SERVER_UNIT]?.mainPid ?? 0;
  const own = view.listeners.filter(({ processes }) => processes.some((owner) => owner.pid === pid));
  return connectionsAt(view, own);
}

/** Connections that were made to any of these addresses. */
export function connectionsAt(view: View, addresses: readonly SocketAddress[]): number {
  return Object.entries(view.connections)
    .filter(([local]) => addresses.some(({ address, port }) => isAt(local, address, port)))
    .reduce((sum, [, count]) => sum + count, 0);
}

function isAt(local: string, address: string, port: number): boolean {
  if (['*', '0.0.0.0', '::'].includes(address)) return local.endsWith(`:${port}`);
  return local === `${address.includes(':') ? `[${address}]` : address}:${port}`;
}
