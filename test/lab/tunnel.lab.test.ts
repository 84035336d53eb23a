import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { Probing, serveTargets } from '../prober/lab.ts';
import type { Host } from './host.ts';
import { Lab } from './lab.ts';
import { installRathole, ratholeProgram, startRathole } from './rathole.ts';
import { tracesOf } from './traces.ts';

const SPEC = { vps: ['edge', 'relay'], clients: ['desktop', 'attic'] };
/** Which client is reached by way of which server. */
const TUNNELS = { edge: 'desktop', relay: 'attic' };

const serverToml = `[server]
bind_addr = "127.0.0.1:2333"
[server.transport]
type = "websocket"
[server.transport.websocket]
tls = false
[server.services.web]
token = "t1"
bind_addr = "0.0.0.0:8080"
[server.services.ssh]
token = "t2"
bind_addr = "0.0.0.0:2222"
[server.services.dns]
type = "udp"
token = "t3"
bind_addr = "0.0.0.0:5353"
`;

const clientToml = (server: string) => `[client]
remote_addr = "${server}.test:443"
[client.transport]
type = "websocket"
[client.transport.tls]
trusted_root = "/etc/rathole/ca.pem"
[client.transport.websocket]
tls = true
[client.services.web]
token = "t1"
local_addr = "127.0.0.1:8000"
[client.services.ssh]
token = "t2"
local_addr = "127.0.0.1:22"
[client.services.dns]
type = "udp"
token = "t3"
local_addr = "127.0.0.1:5300"
`;

const nginxSite = (name: string) => `server {
  listen 443 ssl;
  server_name ${name}.test;
  ssl_certificate /etc/nginx/tls.pem;
  ssl_certificate_key /etc/nginx/tls.key;
  location / {
    proxy_pass http://127.0.0.1:2333;
    proxy_http_version 1.1;
    proxy_set_header Upgrade $http_upgrade;
    proxy_set_header Connection upgrade;
    proxy_read_timeout 365d;
    proxy_send_timeout 365d;
  }
}
`;

async function setUpServer(lab: Lab, host: Host): Promise<void> {
  const { cert, key } = await lab.authority.issue(`${host.name}.test`);
  await host.write('/etc/nginx/tls.pem', cert);
  await host.write('/etc/nginx/tls.key', key, { mode: '0600' });
  await host.write('/etc/nginx/conf.d/tunnel.conf', nginxSite(host.name));
  await host.must('nginx -t && systemctl reload nginx');
  await installRathole(host);
  await startRathole(host, { name: 'server', role: 'server', config: serverToml });
}

async function setUpClient(lab: Lab, host: Host, server: string): Promise<void> {
  await serveTargets(host, { id: `${host.name}-of-${lab.id}`, http: 8000, udp: 5300 });
  await host.write('/etc/rathole/ca.pem', await lab.authority.cert());
  await installRathole(host);
  await startRathole(host, { name: 'client', role: 'client', config: clientToml(server) });
}

/** Both tunnels of a lab, from nothing to the listeners that prove that their clients came. */
async function setUpTunnels(lab: Lab): Promise<void> {
  await Promise.all(Object.keys(TUNNELS).map((server) => setUpServer(lab, lab.host(server))));
  await Promise.all(
    Object.entries(TUNNELS).map(async ([server, client]) => {
      await setUpClient(lab, lab.host(client), server);
      await Promise.all([8080, 2222, 5353].map((port) => lab.host(server).listening(port)));
    }),
  );
}

/** HTTP, SSH with a login, and UDP, as a visitor from outside. */
async function visit(lab: Lab, server: string, client: string): Promise<void> {
  const host = `${server}.test`;
  const probing = await Probing.start(lab.control, {
    seconds: 60,
    connects: [
      {
        name: 'web',
        kind: 'http',
        host,
        port: 8080,
        every: 50,
        count: 40,
        expect: `${client}-of-${lab.id} GET /`,
      },
      { name: 'ssh', kind: 'banner', host, port: 2222, every: 200, count: 10, expect: '^SSH-2.0-OpenSSH' },
    ],
    flows: [{ name: 'dns', host, port: 5353, every: 50, count: 40, flows: 2 }],
  });
  const login = [
    'ssh',
    '-F',
    lab.sshConfig,
    '-p',
    '2222',
    '-o',
    `HostKeyAlias=${client}`,
    `deploy@${server}`,
  ];
  expect(await lab.control.must([...login, 'hostname; sudo id -un'])).toBe(`${client}\nroot\n`);
  const report = await probing.report();
  expect(report.connects['web']).toMatchObject({ failed: 0 });
  expect(report.connects['web']?.total).toBeGreaterThanOrEqual(39);
  expect(report.connects['ssh']).toMatchObject({ failed: 0 });
  expect(report.flows['dns']).toMatchObject({ lost: 0, sourceChanges: 0 });
}

test('what plays rathole is one executable file', async () => {
  await using lab = await Lab.boot({ bare: ['edge'] });
  const edge = lab.host('edge');
  await installRathole(edge);
  const digest = createHash('sha256').update(readFileSync(await ratholeProgram()));
  expect(await edge.must('sha256sum </usr/local/bin/rathole')).toContain(digest.digest('hex'));
  expect(await edge.must(['/usr/local/bin/rathole', '--version'])).toContain('0.5.0');
});

test('two labs at once: each runs HTTP, SSH and UDP through websocket, nginx and TLS, and leaves nothing', async () => {
  const ids: string[] = [];
  {
    const [first, second] = await Promise.all([Lab.boot(SPEC), Lab.boot(SPEC)]);
    await using one = first;
    await using two = second;
    const labs = [one, two];
    ids.push(...labs.map((lab) => lab.id));
    await Promise.all(labs.map(setUpTunnels));
    const visits = labs.flatMap((lab) => Object.entries(TUNNELS).map((tunnel) => visit(lab, ...tunnel)));
    expect(visits).toHaveLength(4);
    await Promise.all(visits);
  }
  for (const id of ids) expect(await tracesOf(id)).toEqual([]);
});
