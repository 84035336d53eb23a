import type { SocketAddress } from '../model/desired.ts';

const SOCKET = /^(?:\[([0-9A-Fa-f:.]+)\]|([^:[\]]+)):(\d{1,5})$/;
const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?!$)|$)){4}$/;

/** `host:port` or `[IPv6]:port`; undefined when it is neither, or the IPv6 address is none. */
export function parseEndpoint(text: string): { readonly host: string; readonly port: number } | undefined {
  const [, ipv6, name, digits] = SOCKET.exec(text) ?? [];
  const host = ipv6 ?? name;
  const port = Number(digits);
  if (host === undefined || port < 1 || port > 65_535) return undefined;
  return ipv6 !== undefined && !isIpv6(ipv6) ? undefined : { host, port };
}

/** An address to listen on, never a name. IPv6 comes out in one spelling, so that equal addresses are equal texts. */
export function parseSocketAddress(text: string): SocketAddress | undefined {
  const endpoint = parseEndpoint(text);
  if (!endpoint) return undefined;
  if (IPV4.test(endpoint.host)) return { address: endpoint.host, port: endpoint.port };
  return isIpv6(endpoint.host) ? { address: canonicalIpv6(endpoint.host), port: endpoint.port } : undefined;
}

/** As a person writes it: with brackets around IPv6. */
export function formatSocketAddress({ address, port }: SocketAddress): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

export function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1';
}

export function isWildcard(address: string): boolean {
  return address === '0.0.0.0' || address === '::';
}

function isIpv6(text: string): boolean {
  return groupsOfIpv6(text) !== undefined;
}

/** The eight 16-bit groups of an IPv6 address; undefined when it is none. */
function groupsOfIpv6(text: string): number[] | undefined {
  const halves = withoutIpv4(text)?.split('::');
  if (!halves || halves.length > 2) return undefined;
  const [head = [], tail] = halves.map((half) => (half === '' ? [] : half.split(':')));
  const missing = 8 - head.length - (tail?.length ?? 0);
  if (tail === undefined ? missing !== 0 : missing < 1) return undefined;
  const groups = [...head, ...Array<string>(missing).fill('0'), ...(tail ?? [])];
  return groups.every((group) => /^[0-9A-Fa-f]{1,4}$/.test(group))
    ? groups.map((group) => Number.parseInt(group, 16))
    : undefined;
}

/** `::ffff:192.0.2.1` with its last four bytes as two groups. */
function withoutIpv4(text: string): string | undefined {
  const dotted = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  if (!dotted) return text.includes('.') ? undefined : text;
  const [, head = '', ipv4 = ''] = dotted;
  if (!IPV4.test(ipv4)) return undefined;
  const [a = 0, b = 0, c = 0, d = 0] = ipv4.split('.').map(Number);
  return `${head}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
}

/** RFC 5952: lower case, the first longest run of zeros as `::`. */
function canonicalIpv6(text: string): string {
  const plain = (groupsOfIpv6(text) ?? []).map((group) => group.toString(16)).join(':');
  const runs = [...plain.matchAll(/(?<![0-9a-f])0(?::0)+(?![0-9a-f])/g)].map((run) => run[0]);
  const longest = runs.reduce((best, run) => (run.length > best.length ? run : best), '');
  if (longest === '') return plain;
  const start = plain.search(new RegExp(`(?<![0-9a-f])${longest}(?![0-9a-f])`));
  const [before, after] = [plain.slice(0, start), plain.slice(start + longest.length)];
  return `${before.replace(/:$/, '')}::${after.replace(/^:/, '')}`;
}
