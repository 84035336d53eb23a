import { readFile } from 'node:fs/promises';
import { parse, TomlError, type TomlTable } from 'smol-toml';
import { during, Failure } from './failure.ts';
import { Fields } from './fields.ts';
import { readTransport, type TransportConfig } from './transport-config.ts';

type ServiceType = 'tcp' | 'udp';

export interface ServerService {
  readonly name: string;
  readonly type: ServiceType;
  readonly bindAddr: string;
  readonly token: string;
  readonly nodelay: boolean | undefined;
}

export interface ClientService {
  readonly name: string;
  readonly type: ServiceType;
  readonly localAddr: string;
  readonly token: string;
  readonly nodelay: boolean | undefined;
  /** Seconds. */
  readonly retryInterval: number;
}

export interface ServerConfig {
  readonly bindAddr: string;
  readonly defaultToken: string | undefined;
  readonly services: ReadonlyMap<string, ServerService>;
  readonly transport: TransportConfig;
  /** Seconds; 0 sends none. */
  readonly heartbeatInterval: number;
}

export interface ClientConfig {
  readonly remoteAddr: string;
  readonly defaultToken: string | undefined;
  readonly services: ReadonlyMap<string, ClientService>;
  readonly transport: TransportConfig;
  /** Seconds; 0 waits for ever. */
  readonly heartbeatTimeout: number;
  /** Seconds. */
  readonly retryInterval: number;
}

/** At least one of the two is there. */
export interface Config {
  readonly server: ServerConfig | undefined;
  readonly client: ClientConfig | undefined;
}

/** Reads and checks the config at `path`; rejects with a Failure that shows no value of the file. */
export async function readConfig(path: string): Promise<Config> {
  const bytes = await during(`Failed to read the config "${path}"`, () => readFile(path));
  return during('Configuration is invalid. Please refer to the configuration specification.', () =>
    parseConfig(bytes),
  );
}

function parseConfig(bytes: Buffer): Config {
  const root = new Fields(parseToml(bytes), '');
  const server = root.table('server');
  const client = root.table('client');
  root.finish();
  if (server === undefined && client === undefined) {
    throw new Failure('Neither of `[server]` or `[client]` is defined');
  }
  return {
    server: server === undefined ? undefined : readServer(server),
    client: client === undefined ? undefined : readClient(client),
  };
}

/** Integers come as bigint, so that 1 and 1.0 differ, as they do for rathole. */
function parseToml(bytes: Buffer): TomlTable {
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
    return parse(text, { integersAsBigInt: true }) as TomlTable;
  } catch (error) {
    // The parser's message quotes the line, which may hold a token.
    const [first = ''] = error instanceof Error ? error.message.split('\n') : [];
    const place = error instanceof TomlError ? ` at line ${error.line} column ${error.column}` : '';
    throw new Failure('Failed to parse the config', new Failure(`${first}${place}`));
  }
}

function readServer(fields: Fields): ServerConfig {
  const defaultToken = fields.text('default_token');
  const config = {
    bindAddr: fields.requiredText('bind_addr'),
    defaultToken,
    services: readServices(fields, (service, name) => ({
      name,
      type: service.oneOf('type', ['tcp', 'udp']) ?? 'tcp',
      bindAddr: service.requiredText('bind_addr'),
      token: readToken(service, name, defaultToken),
      nodelay: service.flag('nodelay'),
    })),
    transport: readTransport(fields.table('transport'), 'server'),
    heartbeatInterval: fields.whole('heartbeat_interval') ?? 30,
  };
  fields.finish();
  return config;
}

function readClient(fields: Fields): ClientConfig {
  const defaultToken = fields.text('default_token');
  const retryInterval = fields.whole('retry_interval') ?? 1;
  const config = {
    remoteAddr: fields.requiredText('remote_addr'),
    defaultToken,
    services: readServices(fields, (service, name) => ({
      name,
      type: service.oneOf('type', ['tcp', 'udp']) ?? 'tcp',
      localAddr: service.requiredText('local_addr'),
      token: readToken(service, name, defaultToken),
      nodelay: service.flag('nodelay'),
      retryInterval: service.whole('retry_interval') ?? retryInterval,
    })),
    transport: readTransport(fields.table('transport'), 'client'),
    heartbeatTimeout: fields.whole('heartbeat_timeout') ?? 40,
    retryInterval,
  };
  fields.finish();
  return config;
}

function readServices<T>(fields: Fields, read: (service: Fields, name: string) => T): Map<string, T> {
  const services = new Map<string, T>();
  for (const [name, service] of fields.requiredTables('services')) {
    services.set(name, read(service, name));
    service.finish();
  }
  return services;
}

/** An empty token is one too. */
function readToken(service: Fields, name: string, fallback: string | undefined): string {
  const token = service.text('token') ?? fallback;
  if (token === undefined) throw new Failure(`The token of service ${name} is not set`);
  return token;
}
