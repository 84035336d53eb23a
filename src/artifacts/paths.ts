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

/** What clients pull, one folder each; nginx's workers read it and nobody else. */
export const PULL = `${STATE}/pull`;
/** The clients' API keys, one file each. */
export const KEYS = `${STATE}/keys`;
/** What is settled about each client: a folder with its settings and its key's record. */
export const CLIENTS = `${STATE}/clients`;
/** When each client was last answered, folded from nginx's log. */
export const SEEN = `${STATE}/seen`;
export const LOGS = '/var/log/reconcile';
/** nginx's record of who pulled what and when. */
export const PULL_LOG = `${LOGS}/pull.log`;
export const AUDIT = `${LOGS}/audit.jsonl`;

export const ROTATION = `${STATE}/rotation`;
export const ROTATION_SETTINGS = `${ROTATION}/settings`;

/** Held by whoever changes anything: a transaction, or the host's program of rotation. */
export const LOCK = '/run/reconcile.lock';
export const NGINX_ERRORS = '/var/log/nginx/error.log';

export const LIBRARY = '/usr/local/lib/reconcile';
export const PROGRAMS = `${LIBRARY}/bin`;
export const OBSERVE = `${LIBRARY}/observe`;
export const FOLD = `${LIBRARY}/fold`;
export const ROTATE = `${LIBRARY}/rotate`;

export const NGINX_HTTP = '/etc/nginx/conf.d/reconcile.conf';
export const NGINX_FOLDER = '/etc/nginx/reconcile';
export const NGINX_STREAM = `${NGINX_FOLDER}/stream.conf`;
/** From API keys to clients; only nginx's master reads it. */
export const NGINX_KEYS = `${NGINX_FOLDER}/keys.conf`;
/** A file per UDP service: its slot in use. */
export const SLOTS = `${NGINX_FOLDER}/slots`;
/** The one line that brings our stream block into Debian's nginx.conf. */
export const NGINX_STREAM_MODULE = '/etc/nginx/modules-enabled/90-reconcile-stream.conf';

export const SYSCTLS = '/etc/sysctl.d/60-reconcile.conf';
export const SERVER_UNIT = 'rathole-server.service';
export const SERVER_UNIT_FILE = `/etc/systemd/system/${SERVER_UNIT}`;
export const NGINX_UNIT = 'nginx.service';
export const FINALIZE_SERVICE = 'reconcile-finalize.service';
export const FINALIZE_TIMER = 'reconcile-finalize.timer';
export const FOLD_SERVICE = 'reconcile-fold.service';
export const FOLD_TIMER = 'reconcile-fold.timer';

export const HEAD = '00-head.toml';

/** The path holds the program's hash, so a program never changes in place. */
export function programPath(version: string, sha256: string): string {
  return `${PROGRAMS}/rathole-${version}-${sha256.slice(0, 12)}`;
}

/** What the host's program keeps of one service's rotation. */
export function rotationFolder(service: string): string {
  return `${ROTATION}/${service}`;
}

export function slotFile(service: string): string {
  return `${SLOTS}/${service}.conf`;
}

export function clientFragments(client: string): string {
  return `${CLIENT_FRAGMENTS}/${client}`;
}

/** A server's files on a client; `server` is TUNNEL-HOST. */
export function clientFolder(server: string): string {
  return `${ETC}/${server}`;
}

export function keyPath(client: string, number: number): string {
  return `${KEYS}/${client}.k${number}`;
}

/** The shell's order of these names (`LC_ALL=C`) is the order in which fragments are joined. */
export function fragmentName(service: string, generation: number): string {
  return `50-${service}.g${generation}.toml`;
}

/** A service that somebody wrote into server.toml, kept under rathole's name for it. */
export function keptFragmentName(ratholeName: string): string {
  return `90-${ratholeName}.toml`;
}
