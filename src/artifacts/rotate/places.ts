import { quote } from '../../codec/shell.ts';
import { AUDIT, ETC, LOCK, NGINX_ERRORS, PULL_LOG, SLOTS, STATE } from '../paths.ts';

/** Where the host's program of rotation finds things. Tests use other places than hosts do. */
export interface RotatePlaces {
  /** rathole's own files: server.toml, pending-tokens.json, backups. */
  readonly etc: string;
  readonly state: string;
  /** nginx's files of the UDP services' slots in use. */
  readonly slots: string;
  readonly audit: string;
  readonly pullLog: string;
  readonly nginxLog: string;
  readonly lock: string;
  /** Owner and group of server.toml. */
  readonly owner: string;
  readonly path: string;
}

export const ROTATE_PLACES: RotatePlaces = {
  etc: ETC,
  state: STATE,
  slots: SLOTS,
  audit: AUDIT,
  pullLog: PULL_LOG,
  nginxLog: NGINX_ERRORS,
  lock: LOCK,
  owner: 'root:rathole',
  path: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
};

export const settings = (places: RotatePlaces): string => `
etc=${quote(places.etc)}
state=${quote(places.state)}
slots=${quote(places.slots)}
audit_log=${quote(places.audit)}
pull_log=${quote(places.pullLog)}
nginx_log=${quote(places.nginxLog)}
lock=${quote(places.lock)}
server_toml=$etc/server.toml
server_owner=${quote(places.owner)}
pending=$etc/pending-tokens.json
`;
