import { lookup } from 'node:dns/promises';
import { isIPv6 } from 'node:net';
import { during, Failure } from './failure.ts';

export interface Address {
  readonly host: string;
  readonly port: number;
}

const UNKNOWN_HOST = 'failed to lookup address information';

/**
 * Splits `host:port` or `[v6]:port`; throws a Failure on anything else. Brackets around anything but an IPv6 address are
 * part of a name, which nobody has. A port may have a plus sign and zeros in front.
 */
export function parseAddress(text: string): Address {
  const colon = text.lastIndexOf(':');
  if (colon < 0) throw new Failure('invalid socket address');
  const host = bracketedIPv6(text) ?? text.slice(0, colon);
  const port = text.slice(colon + 1);
  if (!/^\+?\d+$/.test(port) || Number(port) > 65_535) throw new Failure('invalid port value');
  // The system knows no host without a name; Node takes it for all addresses.
  if (host === '') throw new Failure(UNKNOWN_HOST);
  return { host, port: Number(port) };
}

/** The first address of the host, as a number. */
export async function resolveAddress(text: string): Promise<Address & { readonly family: number }> {
  const { host, port } = parseAddress(text);
  const { address, family } = await during(UNKNOWN_HOST, () => lookup(host));
  return { host: address, port, family };
}

function bracketedIPv6(text: string): string | undefined {
  const inside = /^\[([\da-f:.]+(?:%\d+)?)\]:\d+$/i.exec(text)?.[1];
  return inside !== undefined && isIPv6(inside) ? inside : undefined;
}
