import type { SocketAddress } from '../model/desired.ts';

/** `127.0.0.1:22`, `[::1]:22`. */
export function formatAddress(address: SocketAddress): string {
  const host = address.address.includes(':') ? `[${address.address}]` : address.address;
  return `${host}:${address.port}`;
}

/** The address in such a text; undefined when it is none. */
export function parseAddress(text: string): SocketAddress | undefined {
  const match = /^(?:\[([0-9A-Fa-f:.%]+)\]|([^:\s]+)):(\d{1,5})$/.exec(text);
  const address = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  return address !== undefined && port <= 65535 ? { address, port } : undefined;
}
