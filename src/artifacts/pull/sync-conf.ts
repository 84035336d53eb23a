import { MARKER_LINE } from '../marker.ts';

/** What a client is told besides its client.toml. */
export interface SyncSettings {
  /** Seconds between polls. */
  readonly poll: number;
  /** Where it pulls from: `https://DOMAIN`, with a port where it is not 443. */
  readonly server: string;
}

/**
 * The fixed part of a sync.conf. The host adds, in this order: `client_toml = SHA256` (as sealed), where there are
 * such, `finalize_at = UNIX SECONDS` (the earliest) and `key = HEX` (the successor), and the seal.
 */
export function syncHead({ poll, server }: SyncSettings): string {
  return `${MARKER_LINE}server = ${server}
poll = ${poll}
`;
}
