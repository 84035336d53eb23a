import { formatAddress } from '../codec/address.ts';
import { nginxWord } from '../codec/nginx.ts';
import type { DesiredServer } from '../model/desired.ts';
import { MARKER_LINE } from './marker.ts';
import { TLS } from './paths.ts';
import { DECOY_ANSWER, decoyLocation, type PullPaths, pullHttp, pullLocations } from './pull/nginx.ts';

/** A GET that asks for a websocket is the tunnel; whatever else comes is a visitor, and gets the decoy. */
const TUNNEL_MAP = `
map "$request_method:$http_upgrade" $reconcile_tunnel {
    default 0;
    "~*^GET:websocket$" 1;
}
`;

/** Sent with every answer, those of nginx's own errors too. */
const SECURITY_HEADERS = `    add_header X-Content-Type-Options nosniff always;
    add_header X-Frame-Options DENY always;
    add_header Referrer-Policy no-referrer always;
    add_header Content-Security-Policy "default-src 'none'; frame-ancestors 'none'" always;
    add_header Cache-Control no-store always;
`;

/** What http includes: the redirect, the decoy, what clients pull, and the tunnel where the transport is websocket. */
export function httpConfig(server: DesiredServer, pull?: PullPaths): string {
  const names = [server.domain, ...server.formerDomains].map(nginxWord).join(' ');
  const tunnel = server.transport.kind === 'websocket';
  return `${MARKER_LINE}
${pullHttp(pull)}${tunnel ? TUNNEL_MAP : ''}
server {
    listen 80;
    listen [::]:80;
    server_name ${names};
    server_tokens off;
${SECURITY_HEADERS}    return 301 ${nginxWord(`https://${server.domain}`)}$request_uri;
}

server {
    listen 443 ssl so_keepalive=on;
    listen [::]:443 ssl so_keepalive=on;
    server_name ${names};
    server_tokens off;
${certificate(server)}    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_session_cache shared:reconcile:1m;
    ssl_session_tickets off;
${strictTransport(server)}${SECURITY_HEADERS}
    default_type application/json;

    location = /health {
        return 200 '{"status":"healthy"}\\n';
    }

    location / {
        ${DECOY_ANSWER}
    }

${indented(decoyLocation())}
${indented(pullLocations(pull))}${tunnel ? tunnelLocations(server) : ''}}
`;
}

/**
 * rathole's idle data channels must outlive nginx's patience (60 s by default); the listener's keepalive tells when
 * a client is gone. In an `if` only `return` is safe, so an unused status leads to the named location, which no
 * request can reach by its path.
 */
function tunnelLocations(server: DesiredServer): string {
  return `
    location = / {
        error_page 418 = @reconcile_tunnel;
        if ($reconcile_tunnel) {
            return 418;
        }
        ${DECOY_ANSWER}
    }

    location @reconcile_tunnel {
        proxy_pass http://${formatAddress(server.transport.bind)};
        proxy_http_version 1.1;
        proxy_set_header Host $host;
        proxy_set_header Upgrade $http_upgrade;
        proxy_set_header Connection upgrade;
        proxy_connect_timeout 5s;
        proxy_read_timeout 365d;
        proxy_send_timeout 365d;
        proxy_socket_keepalive on;
    }
`;
}

const indented = (text: string) => text.replaceAll(/^(?=.)/gm, '    ');

function certificate(server: DesiredServer): string {
  const files =
    server.tls.mode === 'files' ? server.tls : { certificate: `${TLS}/leaf.pem`, key: `${TLS}/leaf.key` };
  return `    ssl_certificate ${nginxWord(files.certificate)};\n    ssl_certificate_key ${nginxWord(files.key)};\n`;
}

/** Not with an authority of our own: a browser would never again let its user look at the page. */
function strictTransport(server: DesiredServer): string {
  if (server.tls.mode === 'self-signed') return '';
  return '    add_header Strict-Transport-Security max-age=31536000 always;\n';
}
