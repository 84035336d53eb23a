import { panic } from '../failure.ts';
import type { TransportConfig } from '../transport-config.ts';
import type { Transport } from './channel.ts';
import { TcpTransport } from './tcp.ts';
import { TlsClient } from './tls.ts';
import { WebsocketTransport } from './websocket.ts';

/** The transport that the config asks for. Ends the process where rathole does: a table it needs is missing. */
export function makeTransport(config: TransportConfig): Transport {
  const tcp = new TcpTransport(config.tcp);
  if (config.type === 'tcp') return tcp;
  if (config.websocket === undefined) return panic('Err value: Missing websocket config');
  if (!config.websocket.tls) return new WebsocketTransport(tcp, tcp);
  if (config.tls === undefined) return panic('Err value: Missing tls config');
  return new WebsocketTransport(tcp, new TlsClient(tcp, config.tls));
}
