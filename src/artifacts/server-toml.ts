import { formatAddress } from '../codec/address.ts';
import { tokenPlaceholder } from '../codec/placeholder.ts';
import type { ServerFileService } from '../codec/server-toml.ts';
import { type TomlTable, writeToml } from '../codec/toml.ts';
import type { DesiredServer, DesiredService, Transport } from '../model/desired.ts';
import { MARKER_LINE } from './marker.ts';
import { type ServiceComment, writeComment } from './service-comment.ts';
import { BLANKS, type GenerationTexts, generationTexts, templateTexts } from './template.ts';

/** What server.toml begins with: all but the services. A change here restarts every service inside rathole. */
export function serverHead(server: DesiredServer): string {
  const table = {
    server: {
      bind_addr: formatAddress(server.transport.bind),
      heartbeat_interval: server.heartbeatInterval,
      transport: serverTransport(server.transport),
      // rathole demands the table, if only an empty one.
      services: {},
    },
  };
  return `${MARKER_LINE}${writeToml(table)}`;
}

/** One generation of one service, with its token's placeholder. */
export function serverFragment(service: DesiredService, generation: number): string {
  return serverTable(service, generationTexts(service, generation));
}

/** The same of any generation: the host fills it in when it makes one. */
export function serverTemplate(service: DesiredService): string {
  // JSON writes a number without quotes.
  return serverTable(service, templateTexts(service)).replace(`"${BLANKS.generation}"`, BLANKS.generation);
}

function serverTable(service: DesiredService, texts: GenerationTexts): string {
  const table = {
    type: service.protocol,
    token: texts.token,
    bind_addr: texts.address,
    ...(service.nodelay === undefined ? {} : { nodelay: service.nodelay }),
  };
  const comment = writeComment({
    service: service.name,
    generation: texts.generation,
    client: service.client,
    bind: formatAddress(service.bind),
    cutover: service.cutover,
  });
  return `\n${comment}${writeToml({ server: { services: { [texts.name]: table } } })}`;
}

/** A generation that no playbook describes, as server.toml has it, so that it can be kept. */
export function keptFragment(
  service: { readonly name: string; readonly generation: number },
  found: ServerFileService,
  comment: ServiceComment | undefined,
): string {
  const table = {
    type: found.protocol,
    token: tokenPlaceholder(service.name, service.generation),
    bind_addr: found.bind === undefined ? '' : formatAddress(found.bind),
    ...(found.nodelay === undefined ? {} : { nodelay: found.nodelay }),
  };
  const line = comment === undefined ? '' : writeComment(comment);
  return `\n${line}${writeToml({ server: { services: { [found.name]: table } } })}`;
}

function serverTransport(transport: Transport): TomlTable {
  switch (transport.kind) {
    case 'websocket':
      return { type: 'websocket', websocket: { tls: false } };
    case 'tcp':
      return { type: 'tcp' };
  }
}
