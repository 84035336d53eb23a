import { formatAddress } from '../codec/address.ts';
import { type TomlTable, writeToml } from '../codec/toml.ts';
import type { DesiredServer, DesiredService } from '../model/desired.ts';
import { MARKER_LINE } from './marker.ts';
import { clientFolder } from './paths.ts';
import { type GenerationTexts, generationTexts, templateTexts } from './template.ts';

/** The client gives up on a silent server after this many seconds more than the time between two heartbeats. */
const HEARTBEAT_SLACK = 10;
const HTTPS = 443;

/** What a server is called on its clients: TUNNEL-HOST. */
export function serverName({ tunnel, host }: DesiredServer): string {
  return `${tunnel}-${host.name}`;
}

/** What each client's client.toml begins with. */
export function clientHead(server: DesiredServer): string {
  const port = server.transport.kind === 'websocket' ? HTTPS : server.transport.bind.port;
  const table = {
    client: {
      remote_addr: formatAddress({ address: server.domain, port }),
      heartbeat_timeout: server.heartbeatInterval + HEARTBEAT_SLACK,
      transport: clientTransport(server),
      services: {},
    },
  };
  return `${MARKER_LINE}${writeToml(table)}`;
}

/** One generation of one service as its client knows it, with its token's placeholder. */
export function clientFragment(service: DesiredService, generation: number): string {
  return clientTable(service, generationTexts(service, generation));
}

/** The same of any generation: the host fills it in when it makes one. */
export function clientTemplate(service: DesiredService): string {
  return clientTable(service, templateTexts(service));
}

function clientTable(service: DesiredService, { name, token }: GenerationTexts): string {
  const table = {
    type: service.protocol,
    token,
    local_addr: formatAddress({ address: service.local.host, port: service.local.port }),
    ...(service.nodelay === undefined ? {} : { nodelay: service.nodelay }),
    ...(service.retryInterval === undefined ? {} : { retry_interval: service.retryInterval }),
  };
  return `\n${writeToml({ client: { services: { [name]: table } } })}`;
}

/** With an authority of our own the client trusts that one; else those of its system. */
function clientTransport(server: DesiredServer): TomlTable {
  switch (server.transport.kind) {
    case 'websocket':
      return {
        type: 'websocket',
        tls:
          server.tls.mode === 'self-signed'
            ? { trusted_root: `${clientFolder(serverName(server))}/ca.pem`, hostname: server.domain }
            : {},
        websocket: { tls: true },
      };
    case 'tcp':
      return { type: 'tcp' };
  }
}
