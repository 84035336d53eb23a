import { lookup } from 'node:dns/promises';
import { during, Failure } from './failure.ts';

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** Splits `host:port` or `[v6]:port`; throws a Failure on anything else. */
export function parseAddress(text: string): Address {
  const colon = text.lastIndexOf(':');
  if (colon < 0) throw new Failure('invalid socket address');
  const port = text.slice(colon + 1);
  if (!/^\d{1,5}$/.test(port) || Number(port) > 65_535) throw new Failure('invalid port value');
  return { host: text.slice(0, colon).replace(/^\[(.*)\]$/, '$1'), port: Number(port) };
}

/** The first address of the host, as a number. */
export async function resolveAddress(text: string): Promise<Address & { readonly family: number }> {
  const { host, port } = parseAddress(text);
  const { address, family } = await during('failed to lookup address information', () => lookup(host));
  return { host: address, port, family };
}
