import type { Desired, DesiredServer, DesiredService } from '../../src/model/desired.ts';

export const SHA = 'ab'.repeat(32);
export const OBSERVE_SCRIPT = '#!/bin/sh\n# Made by reconcile; it changes nothing.\nmain\n';

export function service(name: string, more: Partial<DesiredService> = {}): DesiredService {
  return {
    name,
    client: 'desktop',
    protocol: 'tcp',
    local: { host: '127.0.0.1', port: 22 },
    bind: { address: '127.0.0.1', port: 2222 },
    cutover: 'blue-green',
    ...more,
  };
}

export const SSH = service('ssh');
export const DNS = service('dns', {
  client: 'attic',
  protocol: 'udp',
  local: { host: '127.0.0.1', port: 53 },
  bind: { address: '0.0.0.0', port: 5353 },
});

export function server(more: Partial<DesiredServer> = {}): DesiredServer {
  return {
    tunnel: 'home',
    host: { name: 'vps1', connection: { kind: 'local', become: false } },
    domain: 'tunnel.example.net',
    formerDomains: [],
    tls: { mode: 'self-signed' },
    transport: { kind: 'websocket', bind: { address: '127.0.0.1', port: 2333 } },
    rathole: { version: '0.5.0', sha256: SHA },
    heartbeatInterval: 30,
    services: [DNS, SSH],
    rotation: {
      warnBefore: 86_400,
      grace: 900,
      cutover: 'blue-green',
      stragglers: 'hold',
      finalize: 'when-verified',
      atMost: 50,
    },
    prune: false,
    forbidInterruptions: [],
    ...more,
  };
}

export function desired(...servers: readonly DesiredServer[]): Desired {
  const serving = servers.flatMap(({ services }) => services.map(({ client }) => client));
  const names = new Set([DNS.client, SSH.client, ...serving]);
  const clients = [...names].sort().map((name) => ({ name, poll: 300, managed: false }));
  return { servers, clients, clientHosts: [], possibleServers: [] };
}
