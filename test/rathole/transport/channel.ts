import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';

/** A byte stream to the other rathole, over whatever transport. */
export interface Channel {
  readonly stream: Duplex;
  /** The connection below, for its options. */
  readonly socket: Socket;
  /** Whether the peer can end its half alone. Over a websocket any end is an error and drops both directions. */
  readonly halfClose: boolean;
}

/** Where the client connects: as configured, and resolved. */
export interface Remote {
  readonly text: string;
  readonly host: string;
  readonly port: number;
}

export interface Transport {
  /** The server's side: shakes hands on an accepted connection; rejects when the peer speaks something else. */
  accept(socket: Socket): Promise<Channel>;
  /** The client's side; rejects when it cannot connect. */
  connect(remote: Remote): Promise<Channel>;
}

/** Applies a service's own `nodelay`, if it has one. */
export function hintNodelay(channel: Channel, nodelay: boolean | undefined): void {
  if (nodelay !== undefined) channel.socket.setNoDelay(nodelay);
}
