import { formatAddress } from '../codec/address.ts';
import { nginxWord } from '../codec/nginx.ts';
import type { Protocol, SocketAddress } from '../model/desired.ts';
import { MARKER_LINE } from './marker.ts';
import { NGINX_STREAM, slotFile } from './paths.ts';
import { slotAddress } from './slot.ts';

/** A service whose public address nginx owns, before rathole's two slots. */
export interface StreamService {
  readonly name: string;
  readonly protocol: Protocol;
  readonly bind: SocketAddress;
  /** The generation in use: the older one while two are staged. */
  readonly generation: number;
}

/** What nginx has for the visitors of all services, TCP and UDP together. */
export interface StreamSettings {
  /** Connections and UDP flows at once; whoever comes beyond them is turned away. */
  readonly visitors: number;
}

/**
 * `limit_conn`: visitors must not take the connections that the tunnel needs for its data channels; its key is the same
 * for all of them. `proxy_timeout`: nginx's default cuts an idle session after 10 minutes; so that a dead visitor does not stay for a
 * year, both sides are probed. `crit`: else every second visitor logs the slot that refused him. The access log tells
 * which slot served.
 */
const head = ({ visitors }: StreamSettings) => `
log_format reconcile '$time_iso8601 $remote_addr $server_addr:$server_port $upstream_addr $status $session_time';
access_log /var/log/nginx/reconcile-stream.log reconcile;
error_log /var/log/nginx/reconcile-stream-error.log crit;

limit_conn_zone reconcile zone=reconcile_visitors:32k;
limit_conn reconcile_visitors ${visitors};

proxy_connect_timeout 1s;
proxy_timeout 365d;
proxy_socket_keepalive on;
`;

/** What our `stream` block includes. */
export function streamConfig(services: readonly StreamService[], settings: StreamSettings): string {
  return `${MARKER_LINE}${head(settings)}${services.map(streamService).join('')}`;
}

/** The file that brings the block into Debian's nginx.conf, whose stream module's own file sorts before ours. */
export function streamInclude(): string {
  return `${MARKER_LINE}stream {\n    include ${NGINX_STREAM};\n}\n`;
}

/**
 * With `max_fails=0` a slot that refused one visitor is tried again for the next one. TCP has both slots, whichever is
 * in use: nginx passes over the one that refuses. Of UDP it learns the refusal only from an answer to the first
 * datagrams, which are lost, and it gives the visitor an empty one: so only the slot in use, in a file of its own.
 */
function streamService(service: StreamService): string {
  const slots =
    service.protocol === 'tcp'
      ? [0, 1].map((generation) => slotLine(service.bind, generation))
      : [`include ${nginxWord(slotFile(service.name))};\n`];
  const upstream = nginxWord(`reconcile_${service.name}_${service.protocol}`);
  return `
upstream ${upstream} {
${slots.map((line) => `    ${line}`).join('')}}
server {
    listen ${nginxWord(formatAddress(service.bind))} ${LISTEN[service.protocol]}
    proxy_pass ${upstream};
}
`;
}

/** A UDP service's file of its slot in use. */
export function slotConfig(service: StreamService): string {
  return `${MARKER_LINE}${slotLine(service.bind, service.generation)}`;
}

function slotLine(bind: SocketAddress, generation: number): string {
  return `server ${nginxWord(formatAddress(slotAddress(bind.port, generation)))} max_fails=0;\n`;
}

/** `reuseport` keeps a UDP flow with one worker. */
const LISTEN: Readonly<Record<Protocol, string>> = {
  tcp: 'so_keepalive=on;',
  udp: 'udp reuseport;\n    proxy_timeout 60s;',
};
