/** Made from schemas/playbook.schema.json by `npm run generate`: change that file instead. */

/**
 * A DNS name in lower case. `{host}` stands for the inventory host's name, `{NAME}` for the host variable NAME.
 */
export type Domain = string;
/**
 * Where the certificate of the domain comes from.
 */
export type TlsSource = Tls & Tls1;
export type Tls = TlsSelfSigned | TlsFiles;
/**
 * An absolute path on the server: letters, digits and . _ @ + - in each part. `{host}` and host variables may appear.
 */
export type ServerPath = string;
/**
 * How clients reach rathole. By default a websocket over TLS, behind nginx on port 443; `tcp` listens on a port of its own. rathole's own TLS and Noise are not set up.
 */
export type TransportSource = Transport & Transport1;
export type Transport = TransportWebsocket | TransportTcp;
/**
 * An IPv4 address, or an IPv6 address in brackets, and a port. Names are not allowed: what is listened on must not depend on DNS.
 */
export type SocketAddress = string;
/**
 * A SHA-256 in 64 lower-case hex digits, as `sha256sum` prints it.
 */
export type Sha256 = string;
/**
 * A time span: whole numbers with w, d, h, m or s, from large to small.
 */
export type Duration = string;
/**
 * A name: a lower-case letter, then at most 62 lower-case letters, digits, `_` and `-`.
 */
export type Name = string;
/**
 * Where the client finds the service: a host name or an address, and a port.
 */
export type Endpoint = string;
/**
 * `blue-green`: a second generation runs beside the first, nobody notices. `in-place`: one rathole name, as in a server.toml written by hand; new connections fail for 1 to 2 seconds.
 */
export type Cutover = 'blue-green' | 'in-place';
/**
 * One client. An inventory host of the same name is the same machine: apply sets it up, unless it carries a server. Any other client joins by its bundle.
 */
export type ClientSource = {
  poll?: Duration;
} | null;

/**
 * What a set of rathole tunnels should look like: the tunnels, the services in them, the clients that offer these, and how tokens rotate.
 */
export interface Playbook {
  /**
   * The tunnels by name. Each host that a tunnel names gets a rathole server of its own, with its own tokens and keys.
   */
  tunnels: {
    [k: string]: TunnelSource;
  };
  /**
   * The machines behind NAT by name. They pull their configuration; only one that is a host of the inventory too is connected to, when apply sets it up.
   */
  clients?: {
    [k: string]: ClientSource;
  };
}
/**
 * One tunnel: where its server runs, how it is reached, and which services go through it.
 */
export interface TunnelSource {
  /**
   * The inventory hosts that get a server of this tunnel: a host, a group, or a pattern as in Ansible (`edge:!edge03`).
   */
  hosts: string;
  domain: Domain;
  /**
   * Earlier names that are served on, until every client has pulled the new one.
   */
  former_domains?: Domain[];
  tls?: TlsSource;
  transport?: TransportSource;
  rathole: RatholeSource;
  heartbeat_interval?: Duration;
  /**
   * The services by name.
   */
  services: {
    [k: string]: ServiceSource;
  };
  rotation?: RotationSource;
  /**
   * Whether services that the server has and this playbook does not name are removed. Otherwise they are reported and kept, beside one that has taken their address: so a renamed service comes up before its former name is removed.
   */
  prune?: boolean;
  /**
   * What a plan for this tunnel may not interrupt; such a plan is refused.
   */
  forbid_interruptions?: ('new-connections' | 'live-connections')[];
}
/**
 * An authority of our own, made on the host for 10 years, with certificates of 90 days; clients trust it by their bundle. An apply in a certificate's last 30 days renews it, so run one at least every 30 days.
 */
export interface TlsSelfSigned {
  /**
   * An authority of our own on the host.
   */
  mode: 'self-signed';
}
/**
 * A certificate that is on the host already.
 */
export interface TlsFiles {
  /**
   * A certificate that somebody else keeps on the host.
   */
  mode: 'files';
  certificate: ServerPath;
  key: ServerPath;
}
export interface Tls1 {
  mode: 'self-signed' | 'files';
}
/**
 * A websocket over TLS, behind nginx on port 443.
 */
export interface TransportWebsocket {
  /**
   * A websocket behind nginx.
   */
  type: 'websocket';
  bind?: SocketAddress;
}
/**
 * Plain TCP: tokens are hashed, data is not encrypted.
 */
export interface TransportTcp {
  /**
   * Plain TCP.
   */
  type: 'tcp';
  bind: SocketAddress;
}
export interface Transport1 {
  type: 'websocket' | 'tcp';
}
/**
 * Which rathole program runs on the server and on the clients.
 */
export interface RatholeSource {
  /**
   * The release, as in its tag without the v.
   */
  version: string;
  /**
   * The SHA-256 of the rathole program itself, not of the release's zip file: one, or a mapping from architecture (as `uname -m` says it: x86_64, aarch64, armv7l, armv6l, i686 or riscv64) to hash. One alone is that of `binary`, or else of the release for x86_64. i686 and riscv64 have no release: they need `binary`.
   */
  sha256:
    | string
    | {
        [k: string]: Sha256;
      };
  /**
   * The program on this machine, relative to this file. Of several pinned hashes it stands for the one that it has; the programs of the others, and all without it, are downloaded from their release.
   */
  binary?: string;
}
/**
 * One service: who offers it, and where visitors find it.
 */
export interface ServiceSource {
  client: Name;
  local: Endpoint;
  bind: SocketAddress;
  /**
   * The protocol.
   */
  type?: 'tcp' | 'udp';
  cutover?: Cutover;
  /**
   * rathole's TCP_NODELAY for this service; without it, rathole's default.
   */
  nodelay?: boolean;
  retry_interval?: Duration;
  /**
   * rathole's own name for the service, where an existing setup has one. Any text; without it, the service's name.
   */
  rathole_name?: string;
}
/**
 * When and how tokens change.
 */
export interface RotationSource {
  /**
   * Tokens older than this are rotated by the next apply; `never`: only on request.
   */
  max_age?: string;
  warn_before?: Duration;
  grace?: Duration;
  cutover?: Cutover;
  /**
   * What happens to a client that is still connected with the old token when the grace is over: `hold` keeps the old token until it comes, `cut` ends it.
   */
  stragglers?: 'hold' | 'cut';
  /**
   * When the old token goes: `when-verified`, as soon as the client is seen with the new one, or `at-deadline`, when the grace is over.
   */
  finalize?: 'when-verified' | 'at-deadline';
  /**
   * So many services rotate at once on one server.
   */
  at_most?: number;
}
