import type { Protocol, SocketAddress } from '../../model/desired.ts';
import { formatSocketAddress, isLoopback, isWildcard } from '../address.ts';
import { type Complaint, type Spot, show } from '../findings.ts';
import type { ServiceView, TunnelView } from '../playbook/view.ts';
import type { Rule } from './rule.ts';

const NGINX_PORTS = new Set([80, 443]);
const SSH_PORT = 22;

/** Something that listens on a server: a service, or rathole itself. */
interface Listener {
  readonly what: string;
  readonly protocol: Protocol;
  readonly bind: SocketAddress;
  /** Where it is written; asked for only when there is something to say. */
  readonly spot: () => Spot;
}

export const portClash: Rule = {
  id: 'port-clash',
  why: 'Two services of one server cannot listen on one port of one address; 0.0.0.0 and [::] stand for every address.',
  check: ({ tunnels }, complain) => {
    for (const tunnel of tunnels) {
      const taken = new Map<string, PortUse>();
      for (const listener of listenersOf(tunnel)) {
        const key = `${listener.protocol} ${listener.bind.port}`;
        const use = taken.get(key) ?? new PortUse();
        taken.set(key, use);
        const other = use.clashWith(listener);
        if (other) complain(listener.spot(), clash(listener, other));
        use.add(listener);
      }
    }
  },
};

/** Who listens on one port; finding a clash takes the same time however many do. */
class PortUse {
  #first: Listener | undefined;
  #wildcard: Listener | undefined;
  readonly #byAddress = new Map<string, Listener>();

  clashWith({ bind }: Listener): Listener | undefined {
    if (isWildcard(bind.address)) return this.#first;
    return this.#byAddress.get(bind.address) ?? this.#wildcard;
  }

  add(listener: Listener): void {
    this.#first ??= listener;
    if (isWildcard(listener.bind.address)) this.#wildcard ??= listener;
    if (!this.#byAddress.has(listener.bind.address)) this.#byAddress.set(listener.bind.address, listener);
  }
}

function clash(listener: Listener, other: Listener): Complaint {
  return {
    message: `${other.what} already listens on this port`,
    found: show(formatSocketAddress(listener.bind)),
    remedy: `choose another port; ${other.what} has ${formatSocketAddress(other.bind)}`,
  };
}

export const slotClash: Rule = {
  id: 'slot-clash',
  why: "A blue-green service's two loopback slots follow from its port alone, so two such services of one protocol need two ports, even on different addresses.",
  check: ({ tunnels }, complain) => {
    for (const { services } of tunnels) {
      const owners = new Map<string, ServiceView>();
      for (const service of services) {
        if (service.cutover !== 'blue-green' || !service.bind) continue;
        const key = `${service.protocol} ${service.bind.port}`;
        const other = owners.get(key);
        if (!other) owners.set(key, service);
        else if (other.bind && !sameListener(other.bind, service.bind)) {
          const remedy = 'choose another port, or set cutover: in-place for one of the two';
          const message = `the service "${other.name}" has the same port, and with it the same slots`;
          complain(service.at('bind'), { message, found: show(formatSocketAddress(service.bind)), remedy });
        }
      }
    }
  },
};

/** Then it is a port-clash already. */
function sameListener(a: SocketAddress, b: SocketAddress): boolean {
  return a.address === b.address || isWildcard(a.address) || isWildcard(b.address);
}

export const slotAddress: Rule = {
  id: 'slot-address',
  why: 'Port 1019 of 127.77.0.0/16 and 127.78.0.0/16 belongs to the slots of blue-green services.',
  check: ({ tunnels }, complain) => {
    for (const tunnel of tunnels) {
      for (const { bind, spot } of listenersOf(tunnel)) {
        const isSlot = bind.port === 1019 && (/^127\.7[78]\./.test(bind.address) || isWildcard(bind.address));
        if (!isSlot) continue;
        const message = 'this address is reserved for slots';
        complain(spot(), { message, found: show(formatSocketAddress(bind)), remedy: 'choose another port' });
      }
    }
  },
};

export const portReserved: Rule = {
  id: 'port-reserved',
  why: "nginx listens on 80 and 443 of every address, sshd on the host's ansible_port (or 22).",
  check: ({ tunnels }, complain) => {
    for (const tunnel of tunnels) {
      const sshPorts = sshPortsOf(tunnel);
      for (const { protocol, bind, spot } of listenersOf(tunnel)) {
        const host = sshPorts.get(bind.port);
        const owner = NGINX_PORTS.has(bind.port) ? 'nginx' : host && `sshd on ${host}`;
        if (protocol !== 'tcp' || !owner) continue;
        const message = `port ${bind.port} belongs to ${owner}`;
        complain(spot(), { message, found: show(formatSocketAddress(bind)), remedy: 'choose another port' });
      }
    }
  },
};

/** sshd's ports with the first host that has it there. */
function sshPortsOf({ hosts }: TunnelView): ReadonlyMap<number, string> {
  const ports = new Map<number, string>();
  for (const { name, connection } of hosts) {
    const port = (connection.kind === 'ssh' ? connection.port : undefined) ?? SSH_PORT;
    if (!ports.has(port)) ports.set(port, name);
  }
  return ports;
}

export const websocketPublic: Rule = {
  id: 'websocket-public',
  why: "rathole's websocket server shakes hands one at a time: three idle connections stall every visitor. Only nginx may reach it.",
  check: ({ tunnels }, complain) => {
    for (const { right, transportBind, at } of tunnels) {
      const isWebsocket = right.transport?.type === 'websocket';
      if (!isWebsocket || !transportBind || isLoopback(transportBind.address)) continue;
      const found = show(formatSocketAddress(transportBind));
      const remedy = 'write a loopback address, such as 127.0.0.1:2333, or leave it out';
      complain(at('transport', 'bind'), {
        message: 'the websocket would be open to everybody',
        found,
        remedy,
      });
    }
  },
};

function listenersOf({ services, transportBind, at }: TunnelView): readonly Listener[] {
  const rathole: Listener[] = transportBind
    ? [{ what: 'rathole itself', protocol: 'tcp', bind: transportBind, spot: () => at('transport', 'bind') }]
    : [];
  const visitors = services.flatMap(({ name, protocol, bind, at: below }) =>
    bind ? [{ what: `the service "${name}"`, protocol, bind, spot: () => below('bind') }] : [],
  );
  return [...rathole, ...visitors];
}
