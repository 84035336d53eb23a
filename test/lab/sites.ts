import type { Network } from './network.ts';
import type { Image } from './rootfs/build.ts';

/** Short: the name becomes a host name and a part of interface names. */
const NAME = /^[a-z][a-z0-9]{0,9}$/;
/** The lab's own names for other things. */
const RESERVED = ['control', 'ctl', 'outside', 'apt', 'localhost'];
/** So that no address meets another one, the gateway's included. */
const MOST = 100;

export interface LabSpec {
  /** Hosts with a public address, with nginx unless listed in `bare`. */
  readonly vps?: readonly string[];
  /** VPSes without nginx and its stream module, which they can install from the lab's repository. */
  readonly bare?: readonly string[];
  /** Hosts without nginx, each behind a masquerading router of its own. */
  readonly clients?: readonly string[];
}

/** Where and as what a host is to be built. */
export interface Site {
  readonly name: string;
  readonly address: string;
  readonly natted: boolean;
  readonly layers: readonly string[];
}

/** @throws with all that is wrong: names that cannot be host names, or too many. */
export function checkSpec({ vps = [], bare = [], clients = [] }: LabSpec): void {
  const names = [...vps, ...bare, ...clients];
  const wrong = names.filter((name, n) => !NAME.test(name) || names.indexOf(name) !== n);
  const taken = names.filter((name) => RESERVED.includes(name));
  const faults = [
    ...(wrong.length > 0 ? [`host names must be distinct and match ${NAME}: ${wrong.join(', ')}`] : []),
    ...(taken.length > 0 ? [`names of the lab's own: ${taken.join(', ')}`] : []),
    ...(names.length > MOST ? [`${names.length} hosts are more than ${MOST}`] : []),
  ];
  if (faults.length > 0) throw new Error(faults.join('\n'));
}

/** VPSes are .10 and up, the clients' routers .150 and up. */
export function sitesOf(
  { vps = [], bare = [], clients = [] }: LabSpec,
  network: Network,
  built: Image,
): Site[] {
  const names = [...vps, ...bare, ...clients];
  return names.map((name, n) => ({
    name,
    address: `${network.subnet}.${(clients.includes(name) ? 150 : 10) + n}`,
    natted: clients.includes(name),
    layers: vps.includes(name) ? [built.nginx, built.base] : [built.base],
  }));
}
