import { readFileSync } from 'node:fs';
import type { Address } from './visit.ts';

const LISTEN = '0A';

/** Whether somebody in the network of process `pid` listens on exactly this IPv4 address, told by the kernel unvisited. */
export function isListening({ host, port }: Address, pid: number | 'self' = 'self'): boolean {
  return listeningPorts(host, pid).includes(port);
}

/** How many ports of the host from `first` on are listened on. */
export function countListening(host: string, first: number): number {
  return listeningPorts(host, 'self').filter((port) => port >= first).length;
}

function listeningPorts(host: string, pid: number | 'self'): readonly number[] {
  const prefix = `: ${kernelHex(host)}:`;
  return readFileSync(`/proc/${pid}/net/tcp`, 'utf8')
    .split('\n')
    .filter((line) => line.includes(prefix))
    .map((line) => line.trim().split(/\s+/))
    .filter(([, , , state]) => state === LISTEN)
    .map(([, local = '']) => Number.parseInt(local.slice(-4), 16));
}

/** The kernel prints the four bytes in the order of the machine, which is reversed on the ones we know. */
const kernelHex = (host: string): string =>
  host
    .split('.')
    .reverse()
    .map((byte) => Number(byte).toString(16).toUpperCase().padStart(2, '0'))
    .join('');
