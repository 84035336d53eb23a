/** The wanted state, as the YAML says it: validated, defaults filled in, and resolved for each host. */
export interface Desired {
  /** One per host, sorted by host name: a host carries the rathole server of one tunnel. */
  readonly servers: readonly DesiredServer[];
  /** Every declared client, sorted by name. */
  readonly clients: readonly DesiredClient[];
  /** The clients that are hosts of the inventory: they are set up too. Sorted by name. */
  readonly clientHosts: readonly ClientHost[];
  /** Every server that these tunnels can have on a host of the inventory, declared or not: what a client may have left. */
  readonly possibleServers: readonly PossibleServer[];
}

/** A client that is a host of the inventory and carries no server. */
export interface ClientHost {
  readonly host: DesiredHost;
  /** Seconds between polls. */
  readonly poll: number;
  /** The servers that it joins, also those that a limit leaves out. Sorted by host name. */
  readonly servers: readonly DesiredServer[];
}

export interface PossibleServer {
  /** TUNNEL-HOST. */
  readonly name: string;
  /** Whether the tunnel has its leftovers removed. */
  readonly prune: boolean;
}

/** The rathole server of one tunnel on one host, with all that surrounds it. It has its own tokens and keys. */
export interface DesiredServer {
  readonly tunnel: string;
  readonly host: DesiredHost;
  readonly domain: string;
  /** Earlier domains that are served on, so that clients which still know only them can pull the new one. */
  readonly formerDomains: readonly string[];
  readonly tls: DesiredTls;
  readonly transport: Transport;
  readonly rathole: RatholeRelease;
  /** Seconds between heartbeats to the client; rathole's `heartbeat_interval`. */
  readonly heartbeatInterval: number;
  /** Sorted by name. */
  readonly services: readonly DesiredService[];
  readonly rotation: RotationPolicy;
  /** Whether services on the server that the playbook does not name are removed (otherwise reported and kept). */
  readonly prune: boolean;
  /** Interruptions that a plan for this server may not contain. */
  readonly forbidInterruptions: readonly InterruptionKind[];
}

/** An inventory host and how it is reached. */
export interface DesiredHost {
  readonly name: string;
  readonly connection: Connection;
}

export type Connection =
  | {
      readonly kind: 'ssh';
      /** What is given to `ssh -G`: an address, a name or an alias of ssh_config. */
      readonly address: string;
      readonly port?: number;
      readonly user?: string;
      readonly identityFile?: string;
      /** A pinned key as in known_hosts: `ssh-ed25519 AAAA…`. */
      readonly hostKey?: string;
      /** Become root by `sudo -n`. */
      readonly become: boolean;
    }
  | { readonly kind: 'local'; readonly become: boolean };

export type DesiredTls =
  | { readonly mode: 'self-signed' }
  /** Absolute paths on the host: the key never travels. */
  | {
      readonly mode: 'files';
      readonly certificate: string;
      readonly key: string;
    };

/** How clients reach rathole, and where it listens. Only websocket stands behind nginx; the others may be public. */
export type Transport =
  /** `bind` is a loopback address: nginx stands before it. */
  | { readonly kind: 'websocket'; readonly bind: SocketAddress }
  | { readonly kind: 'tcp'; readonly bind: SocketAddress };

export interface SocketAddress {
  /** An IPv4 or IPv6 literal, without brackets. */
  readonly address: string;
  readonly port: number;
}

export interface RatholeRelease {
  readonly version: string;
  /** Pinned SHA-256 of the program, 64 hex digits, by architecture (`uname -m`) or one for all. */
  readonly sha256: string | Readonly<Record<string, string>>;
  /** A file on the controller; without it the release is downloaded there. */
  readonly binary?: string;
}

export type Protocol = 'tcp' | 'udp';

export interface DesiredService {
  readonly name: string;
  /** The client that offers it. */
  readonly client: string;
  readonly protocol: Protocol;
  /** Where the client finds it: a host name or address, and a port. */
  readonly local: { readonly host: string; readonly port: number };
  /** Where visitors find it on the server. */
  readonly bind: SocketAddress;
  readonly cutover: Cutover;
  /** rathole's own name for it, where an existing setup has one; otherwise made of name and generation. */
  readonly ratholeName?: string;
  readonly nodelay?: boolean;
  /** Seconds; rathole's per-service client `retry_interval`. */
  readonly retryInterval?: number;
}

export type Cutover = 'blue-green' | 'in-place';

/** All times in seconds. */
export interface RotationPolicy {
  /** Tokens older than this are rotated; undefined: only on request. */
  readonly maxAge?: number;
  /** How long before `maxAge` a token counts as expiring. */
  readonly warnBefore: number;
  readonly grace: number;
  readonly cutover: Cutover;
  readonly stragglers: 'hold' | 'cut';
  readonly finalize: 'when-verified' | 'at-deadline';
  /** At most so many services are staged at once. */
  readonly atMost: number;
}

export interface DesiredClient {
  readonly name: string;
  /** Seconds between polls. */
  readonly poll: number;
  /** Whether it is a host of the inventory that is set up as a client; otherwise it joins by its bundle. */
  readonly managed: boolean;
}

/** What a step may interrupt, from harmless to worst. */
export type InterruptionKind = 'new-connections' | 'live-connections';
