import { must } from './run.ts';
import { together } from './together.ts';

/**
 * The lab's wires: one bridge in a namespace of its own without any uplink, one namespace per host, and the
 * control namespace (.1), which plays the operator, the CI runner and the visitors from outside.
 * Nothing can leave, and with the lab down no command can reach a lab address by another way.
 */
export class Network {
  readonly id: string;
  /** "10.67.0": one /24 per lab. */
  readonly subnet: string;
  readonly control: string;
  readonly switch: string;

  constructor(id: string, slot: number) {
    this.id = id;
    this.subnet = `10.${64 + slot}.0`;
    this.control = `${id}-ctl`;
    this.switch = `${id}-net`;
  }

  get controlAddress(): string {
    return `${this.subnet}.1`;
  }

  namespaceOf(host: string): string {
    return `${this.id}-h-${host}`;
  }

  /** The bridge's end of the cable that goes to `host`, or to the router that `host` is behind. */
  portOf(host: string): string {
    return `p-${host}`;
  }

  /** The gateway answers "unreachable" at once: without that, every name lookup in a guest hangs. */
  async up(): Promise<void> {
    await addNamespace(this.switch);
    await ip(this.switch, [
      'link add br0 type bridge',
      `addr add ${this.subnet}.254/24 dev br0`,
      'link set br0 up',
      'route add unreachable default',
    ]);
    await forward(this.switch);
    await addNamespace(this.control);
    await this.plug('ctl', this.control, `${this.subnet}.1`);
  }

  /** A host with a public address. */
  async addHost(host: string, address: string): Promise<void> {
    const namespace = this.namespaceOf(host);
    await addNamespace(namespace);
    await this.plug(host, namespace, address);
    await ip(namespace, [`route add default via ${this.subnet}.254`]);
  }

  /** A host behind a masquerading router of its own: it reaches all others, and none reaches it. */
  async addNatted(host: string, routerAddress: string): Promise<void> {
    const router = `${this.id}-r-${host}`;
    const namespace = this.namespaceOf(host);
    await together([addNamespace(router), addNamespace(namespace)]);
    await this.plug(host, router, routerAddress);
    await ip(router, [
      `link add eth1 type veth peer name eth0 netns ${namespace}`,
      'addr add 192.168.77.1/24 dev eth1',
      'link set eth1 up',
    ]);
    await ip(namespace, [
      'addr add 192.168.77.2/24 dev eth0',
      'link set eth0 up',
      'route add default via 192.168.77.1',
    ]);
    await forward(router);
    await must(inNamespace(router, ['nft', '-f', '-']), { stdin: MASQUERADE });
  }

  private async plug(host: string, namespace: string, address: string): Promise<void> {
    await ip(this.switch, [
      `link add ${this.portOf(host)} type veth peer name eth0 netns ${namespace}`,
      `link set ${this.portOf(host)} master br0 up`,
    ]);
    await ip(namespace, [`addr add ${address}/24 dev eth0`, 'link set eth0 up']);
  }
}

const MASQUERADE = `
table ip nat { chain post { type nat hook postrouting priority srcnat; oifname "eth0" masquerade; }; }
table inet fw { chain forward { type filter hook forward priority 0; policy drop;
  ct state established,related accept; iifname "eth1" accept; }; }
`;

/** The argv that runs in a network namespace, with this machine's files. */
export const inNamespace = (namespace: string, argv: readonly string[]) => [
  'nsenter',
  `--net=/run/netns/${namespace}`,
  '--',
  ...argv,
];

/** Runs lines of ip(8) commands in one go. */
export const ip = (namespace: string, lines: readonly string[]) =>
  must(['ip', '-n', namespace, '-batch', '-'], { stdin: `${lines.join('\n')}\n` });

/**
 * Whoever looks for connections (`ss`) walks the kernel's whole table of them. This machine's would be shared, and is as
 * large as its memory; a small host's has this many places. Linux before 6.1 knows only the shared one.
 */
const CONNECTION_PLACES = 8192;
const ADD = `cd /proc/sys/net/ipv4 && [ ! -e tcp_child_ehash_entries ] || echo ${CONNECTION_PLACES} >tcp_child_ehash_entries
  exec ip netns add "$1"`;

async function addNamespace(name: string): Promise<void> {
  // What a new namespace gets is a setting of the one that makes it: never of this machine's own.
  await must(['unshare', '--net', 'sh', '-c', ADD, 'sh', name]);
  await ip(name, ['link set lo up']);
}

const forward = (namespace: string) =>
  must(inNamespace(namespace, ['sh', '-c', 'echo 1 >/proc/sys/net/ipv4/ip_forward']));
