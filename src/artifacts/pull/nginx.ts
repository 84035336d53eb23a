import { NGINX_KEYS, PULL, PULL_LOG } from '../paths.ts';

/** What clients can ask for, each with its own ETag. */
const PULL_FILES = ['client.toml', 'sync.conf', 'config'] as const;

/** Where nginx finds what it serves to clients. */
export interface PullPaths {
  /** One folder per client. */
  readonly folder: string;
  /** The text of `keyMap`, 0600 root: only nginx's master reads it. */
  readonly keys: string;
  /** nginx's record of who pulled what and when. */
  readonly log: string;
}

const PULL_PATHS: PullPaths = { folder: PULL, keys: NGINX_KEYS, log: PULL_LOG };

/** The location that answers whatever is not to be answered: all who use it are alike in status, header and body. */
const DECOY = '@reconcile_decoy';

/** A status of no meaning, for `return` to the decoy. */
const TO_DECOY = 418;

/**
 * For nginx's `http` block. A request is some client's only with its key and as GET or HEAD. The limit counts per
 * client, so that a runaway one hurts itself only; a stranger's requests cost no more than any page.
 */
export function pullHttp(paths: PullPaths = PULL_PATHS): string {
  return `include ${paths.keys};
map "$request_method $reconcile_key" $reconcile_client {
    default "";
    "~^(?:GET|HEAD) (?<reconcile_name>[a-z][a-z0-9_-]*)\\.k[0-9]+$" $reconcile_name;
}
limit_req_zone $reconcile_client zone=reconcile_pull:10m rate=2r/s;
log_format reconcile_pull escape=json '{"time":$msec,"client":"$reconcile_client","key":"$reconcile_key",'
    '"file":"$uri","status":$status,"etag":"$sent_http_etag"}';
`;
}

/** For the `server` block that clients reach by TLS, and whose `Cache-Control: no-store` holds here too. */
export function pullLocations(paths: PullPaths = PULL_PATHS): string {
  return PULL_FILES.map(
    (file) => `location = /api/v1/${file} {
    if ($reconcile_client = "") { return ${TO_DECOY}; }
    error_page 403 404 405 ${TO_DECOY} = ${DECOY};
    alias ${paths.folder}/$reconcile_client/${file};
    types { }
    default_type text/plain;
    gzip off;
    limit_req zone=reconcile_pull burst=60 nodelay;
    limit_req_status 429;
    access_log ${paths.log} reconcile_pull;
}
`,
  ).join('');
}

/** What strangers see, on every path. */
export const DECOY_ANSWER = String.raw`return 200 '{"status":"ok"}\n';`;

/** For the same `server` block, whose headers and type it has in common with all other paths. */
export function decoyLocation(): string {
  return `location ${DECOY} {
    ${DECOY_ANSWER}
}
`;
}
