import type { Protocol, SocketAddress } from '../model/desired.ts';
import { parseAddress } from './address.ts';
import { readToml } from './toml.ts';

/** What server.toml, or a fragment of it, says. */
export interface ServerFile {
  /** All but the services, in a form that is equal when the settings are. */
  readonly settings: string;
  readonly services: readonly ServerFileService[];
}

/** One table of `server.services`. */
export interface ServerFileService {
  /** rathole's name for it. */
  readonly name: string;
  readonly protocol: Protocol;
  /** Undefined where rathole would accept what is no address. */
  readonly bind: SocketAddress | undefined;
  readonly nodelay?: boolean;
  /** A token's stand-in (a fingerprint). */
  readonly token: string;
}

/** The file's meaning, or what is wrong with it, without any of its text. */
export function parseServerFile(text: string): ServerFile | { readonly error: string } {
  const reading = readToml(text);
  if ('error' in reading) return reading;
  const server = tableOf(reading.table['server']);
  const { services, ...settings } = server;
  const entries = Object.entries(tableOf(services));
  return {
    settings: canonical(settings),
    services: entries.map(([name, value]) => parseService(name, tableOf(value))),
  };
}

function parseService(name: string, table: Record<string, unknown>): ServerFileService {
  const { type, bind_addr: bind, nodelay, token } = table;
  return {
    name,
    protocol: type === 'udp' ? 'udp' : 'tcp',
    bind: typeof bind === 'string' ? parseAddress(bind) : undefined,
    ...(typeof nodelay === 'boolean' ? { nodelay } : {}),
    token: typeof token === 'string' ? token : '',
  };
}

/** JSON with its keys sorted. */
function canonical(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(JSON.stringify(value));
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${entries.map(([key, inner]) => `${JSON.stringify(key)}:${canonical(inner)}`).join()}}`;
}

function tableOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}
