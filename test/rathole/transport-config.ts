import { Failure } from './failure.ts';
import { Fields } from './fields.ts';

export interface TcpOptions {
  readonly nodelay: boolean;
  readonly keepaliveSecs: number;
  readonly keepaliveInterval: number;
}

export interface TlsOptions {
  readonly hostname: string | undefined;
  /** Path of a PEM file with one more CA. */
  readonly trustedRoot: string | undefined;
}

interface NoiseOptions {
  readonly pattern: string;
  readonly localPrivateKey: string | undefined;
  readonly remotePublicKey: string | undefined;
}

export interface TransportConfig {
  readonly type: 'tcp' | 'websocket';
  readonly tcp: TcpOptions;
  readonly tls: TlsOptions | undefined;
  /** Allowed beside another transport's type and unused; but a reload that changes it restarts all. */
  readonly noise: NoiseOptions | undefined;
  readonly websocket: { readonly tls: boolean } | undefined;
}

/** Reads `[….transport]`; throws a Failure on what rathole refuses and on what this program leaves out. */
export function readTransport(fields: Fields | undefined, role: 'server' | 'client'): TransportConfig {
  if (fields === undefined)
    return { type: 'tcp', tcp: readTcp(undefined), tls: undefined, noise: undefined, websocket: undefined };
  const type = fields.oneOf('type', ['tcp', 'tls', 'noise', 'websocket']);
  if (type === undefined) throw new Failure('missing field `type` for key `transport`');
  const tcp = readTcp(fields.table('tcp'));
  const tls = readTls(fields.table('tls'));
  const noise = readNoise(fields.table('noise'));
  const websocket = readWebsocket(fields.table('websocket'));
  fields.finish();
  if (type === 'tls' || type === 'noise') throw leftOut(`transport type "${type}"`);
  if (role === 'server' && type === 'websocket' && websocket?.tls) throw leftOut('TLS on the server');
  return { type, tcp, tls, noise, websocket };
}

function readTcp(given: Fields | undefined): TcpOptions {
  const fields = given ?? new Fields({}, '');
  const tcp = {
    nodelay: fields.flag('nodelay') ?? true,
    keepaliveSecs: fields.whole('keepalive_secs') ?? 20,
    keepaliveInterval: fields.whole('keepalive_interval') ?? 8,
  };
  const proxy = fields.text('proxy');
  fields.finish();
  if (proxy !== undefined) throw leftOut('a proxy');
  return tcp;
}

function readTls(fields: Fields | undefined): TlsOptions | undefined {
  if (fields === undefined) return undefined;
  const tls = { hostname: fields.text('hostname'), trustedRoot: fields.text('trusted_root') };
  const identity = [fields.text('pkcs12'), fields.text('pkcs12_password')];
  fields.finish();
  if (identity.some((part) => part !== undefined)) throw leftOut('a pkcs12 identity');
  return tls;
}

function readNoise(fields: Fields | undefined): NoiseOptions | undefined {
  if (fields === undefined) return undefined;
  const noise = {
    pattern: fields.text('pattern') ?? 'Noise_NK_25519_ChaChaPoly_BLAKE2s',
    localPrivateKey: fields.text('local_private_key'),
    remotePublicKey: fields.text('remote_public_key'),
  };
  fields.finish();
  return noise;
}

function readWebsocket(fields: Fields | undefined): { readonly tls: boolean } | undefined {
  if (fields === undefined) return undefined;
  const tls = fields.flag('tls');
  fields.finish();
  if (tls === undefined) throw new Failure('missing field `tls` for key `transport.websocket`');
  return { tls };
}

const leftOut = (what: string): Failure =>
  new Failure(`this stand-in for rathole does not know ${what}; set RATHOLE_BIN to the real program`);
