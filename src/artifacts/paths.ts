/** Where everything lies on a host. */
export const ETC = '/etc/rathole';
export const SERVER_TOML = `${ETC}/server.toml`;
export const BACKUPS = `${ETC}/backups`;
export const PENDING = `${ETC}/pending-tokens.json`;

export const STATE = '/var/lib/reconcile';
export const SALT = `${STATE}/salt`;
export const TLS = `${STATE}/tls`;
export const FRAGMENTS = `${STATE}/fragments`;
export const SERVER_FRAGMENTS = `${FRAGMENTS}/server`;
export const CLIENT_FRAGMENTS = `${FRAGMENTS}/client`;

export const LIBRARY = '/usr/local/lib/reconcile';
export const PROGRAMS = `${LIBRARY}/bin`;
export const OBSERVE = `${LIBRARY}/observe`;

export const NGINX_HTTP = '/etc/nginx/conf.d/reconcile.conf';
export const NGINX_FOLDER = '/etc/nginx/reconcile';
export const NGINX_STREAM = `${NGINX_FOLDER}/stream.conf`;
/** The one line that brings our stream block into Debian's nginx.conf. */
export const NGINX_STREAM_MODULE = '/etc/nginx/modules-enabled/90-reconcile-stream.conf';

export const SYSCTLS = '/etc/sysctl.d/60-reconcile.conf';
export const SERVER_UNIT = 'rathole-server.service';
export const SERVER_UNIT_FILE = `/etc/systemd/system/${SERVER_UNIT}`;
export const NGINX_UNIT = 'nginx.service';

export const HEAD = '00-head.toml';

/** The path holds the program's hash, so a program never changes in place. */
export function programPath(version: string, sha256: string): string {
  return `${PROGRAMS}/rathole-${version}-${sha256.slice(0, 12)}`;
}

export function clientFragments(client: string): string {
  return `${CLIENT_FRAGMENTS}/${client}`;
}

/** The shell's order of these names (`LC_ALL=C`) is the order in which fragments are joined. */
export function fragmentName(service: string, generation: number): string {
  return `50-${service}.g${generation}.toml`;
}

/** A service that somebody wrote into server.toml, kept under rathole's name for it. */
export function keptFragmentName(ratholeName: string): string {
  return `90-${ratholeName}.toml`;
}
