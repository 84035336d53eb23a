import { X509Certificate } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { connect, createSecureContext, rootCertificates, type SecureContext, type TLSSocket } from 'node:tls';
import { parseAddress } from '../address.ts';
import { chain, Failure, panic } from '../failure.ts';
import type { TlsOptions } from '../transport-config.ts';
import type { Channel, Remote } from './channel.ts';
import { ignore, type TcpTransport } from './tcp.ts';

const SYSTEM_ROOTS = '/etc/ssl/certs/ca-certificates.crt';

/** TLS over TCP, as a client: trusts the system's roots and `trusted_root`. */
export class TlsClient {
  readonly #tcp: TcpTransport;
  readonly #hostname: string | undefined;
  /** Made once: to parse all roots for each data channel costs more than the handshake. */
  readonly #context: SecureContext;

  /** Ends the process when `trusted_root` is no certificate. */
  constructor(tcp: TcpTransport, options: TlsOptions) {
    this.#tcp = tcp;
    this.#hostname = options.hostname;
    this.#context = createSecureContext({ ca: [...systemRoots(), ...extraRoot(options.trustedRoot)] });
  }

  async connect(remote: Remote): Promise<Channel> {
    const { socket } = await this.#tcp.connect(remote);
    const host = this.#hostname ?? parseAddress(remote.text).host;
    const secure = await new Promise<TLSSocket>((resolve, reject) => {
      const tls: TLSSocket = connect({
        socket,
        host,
        servername: isIP(host) ? '' : host,
        secureContext: this.#context,
        checkServerIdentity: () => nameError(tls, host),
      });
      // Node would make an object of the whole chain for each data channel, to compare the names by itself.
      Object.assign(tls, { getPeerCertificate: () => ({}) });
      tls.once('secureConnect', () => resolve(tls)).once('error', reject);
      tls.once('close', () => reject(new Failure('unexpected EOF')));
    });
    secure.on('error', ignore);
    return { stream: secure, socket, halfClose: true };
  }
}

/** OpenSSL compares the names, as it does for rathole. */
function nameError(tls: TLSSocket, host: string): Error | undefined {
  const certificate = tls.getPeerX509Certificate();
  const options = { partialWildcards: false };
  const named = isIP(host) ? certificate?.checkIP(host) : certificate?.checkHost(host, options);
  return named === undefined ? new Failure('certificate verify failed: (hostname mismatch)') : undefined;
}

function systemRoots(): readonly string[] {
  return existsSync(SYSTEM_ROOTS) ? [readFileSync(SYSTEM_ROOTS, 'utf8')] : rootCertificates;
}

/** One CA; the file must be there and hold a certificate. */
function extraRoot(path: string | undefined): readonly string[] {
  if (path === undefined) return [];
  try {
    const text = readFileSync(path, 'utf8');
    new X509Certificate(text);
    return [text];
  } catch (error) {
    return panic(`Err value: ${chain(new Failure('Failed to read the `tls.trusted_root`', error))}`);
  }
}
