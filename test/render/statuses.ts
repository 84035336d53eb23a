import type { ClientStatus, HostStatus, ServiceStatus, Status } from '../../src/model/status.ts';

const NOW = 1_795_226_400;

const web: ServiceStatus = {
  service: 'web',
  client: 'desktop',
  protocol: 'tcp',
  bind: '0.0.0.0:8080',
  state: 'steady',
  generations: [{ generation: 7, listener: 'ours' }],
  token: { state: 'fresh', age: 86_400, dueAt: NOW + 6 * 86_400 },
  connections: 3,
};

const desktop: ClientStatus = {
  client: 'desktop',
  state: 'current',
  lastPull: { at: NOW - 130, age: 130 },
  poll: 300,
  behind: [],
  pending: [],
  key: { current: 1, used: 1 },
};

const well: HostStatus = {
  host: 'edge',
  tunnel: 'home',
  time: NOW,
  clients: [desktop],
  services: [web],
  kept: [],
  attention: [],
};

const ssh: ServiceStatus = {
  ...web,
  service: 'ssh',
  client: 'attic',
  bind: '[::]:2222',
  state: 'held',
  generations: [
    { generation: 1, listener: 'ours' },
    { generation: 2, listener: 'free' },
  ],
  token: { state: 'overdue', age: 700_000, dueAt: NOW - 95_200 },
  connections: 1,
  rotation: { next: 2, finalizeAt: NOW - 5, missing: 'a straggler: still connected with the old token' },
};
const dns: ServiceStatus = {
  ...{ service: 'dns', client: 'attic', protocol: 'udp', bind: '0.0.0.0:53', state: 'staged' },
  generations: [
    { generation: 3, listener: 'foreign' },
    { generation: 4, listener: 'unseen' },
  ],
  token: { state: 'unknown' },
  rotation: { next: 4, finalizeAt: NOW + 754, missing: 'the client has not come with the new token yet' },
};
const mail: ServiceStatus = {
  ...{
    service: 'mail',
    client: 'barn',
    protocol: 'tcp',
    bind: '0.0.0.0:25',
    state: 'absent',
    generations: [],
  },
};

const troubled: HostStatus = {
  ...{ host: 'vps2', tunnel: 'attics', time: NOW + 0.25 },
  clients: [
    {
      ...{ client: 'attic', state: 'late', lastPull: { at: NOW - 200_000 + 0.5, age: 200_000 }, poll: 5400 },
      ...{
        behind: ['sync.conf', 'client.toml'],
        pending: ['ssh', 'dns'],
        key: { current: 3, next: 4, used: 2 },
      },
    },
    { client: 'barn', state: 'absent', behind: [], pending: [] },
    {
      ...{ client: 'cellar', state: 'never', poll: 300, behind: ['sync.conf', 'client.toml'], pending: [] },
      key: { current: 1 },
    },
  ],
  services: [dns, mail, ssh],
  kept: [
    { service: 'old-shell', protocol: 'tcp', bind: '0.0.0.0:2200' },
    { service: 'x', protocol: 'udp' },
  ],
  attention: [
    { rule: 'not-running', subject: { kind: 'host', name: 'vps2' }, message: 'nginx.service does not run' },
    { rule: 'client-late', subject: { kind: 'client', name: 'attic' }, message: 'has not polled for 2d7h' },
    { rule: 'rotation-held', subject: { kind: 'service', name: 'ssh' }, message: 'a straggler' },
  ],
};

export const STATUSES: Readonly<Record<string, Status>> = {
  well: { hosts: [well], refused: [] },
  troubled: {
    hosts: [well, troubled],
    refused: [
      {
        host: 'vps3',
        refusals: [{ rule: 'unreadable', message: 'ss could not run', remedy: 'Install it.' }],
      },
    ],
  },
  empty: { hosts: [], refused: [] },
};
