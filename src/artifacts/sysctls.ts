import { MARKER_LINE } from './marker.ts';

/**
 * With these a dead client is noticed in under 60 s. An idle connection is probed after 15 s and given up after three
 * more probes, 30 s in all; one with bytes on the way is given up after the fifth retransmission, 13 to 16 s. The
 * worst case is a heartbeat sent just before the last probe: 30 + 16 s. Behind nginx it is nginx that notices and ends
 * both sides; from then on rathole turns visitors away at once.
 */
export const SYSCTL_VALUES: Readonly<Record<string, string>> = {
  'net.ipv4.tcp_keepalive_intvl': '5',
  'net.ipv4.tcp_keepalive_probes': '3',
  'net.ipv4.tcp_keepalive_time': '15',
  'net.ipv4.tcp_retries2': '5',
};

export function sysctlFile(): string {
  const lines = Object.entries(SYSCTL_VALUES).map(([name, value]) => `${name} = ${value}\n`);
  return `${MARKER_LINE}# A dead client is noticed in under 60 s; the names say ipv4 and count for IPv6 too.\n${lines.join('')}`;
}
