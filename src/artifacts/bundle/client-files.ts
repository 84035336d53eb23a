import { syncHead } from '../pull/sync-conf.ts';

/** Stands for a client's API key of one server (TUNNEL-HOST) until it is given to that client. */
export function keyPlaceholder(server: string): string {
  return `{{key ${server}}}`;
}

/** Stands for the certificate of a server's own authority. */
export function authorityPlaceholder(server: string): string {
  return `{{authority ${server}}}`;
}

/** A client's key file, which curl and wget read as their configuration. */
export function keyFile(server: string): string {
  return `header = X-Api-Key:${keyPlaceholder(server)}\n`;
}

/** The server's own sync.conf replaces it at the first poll. */
const POLL_UNTIL_TOLD = 60;

/** The sync.conf that a client begins with. `url` is where it pulls from: `https://DOMAIN`. */
export function firstSettings(url: string): string {
  return syncHead({ poll: POLL_UNTIL_TOLD, server: url });
}
