import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { Cable } from './harness/cable.ts';
import { isListening } from './harness/listening.ts';
import { type Rathole, rathole } from './harness/rathole.ts';
import { type Site, test } from './harness/site.ts';
import { until } from './harness/until.ts';

const PORT = 5000;

/** Asks through the service from within the server's network: `silent` after a second without an end. */
const VISIT = `
  const socket = require('node:net').createConnection(${PORT}, '127.0.0.1');
  const finish = (outcome) => { console.log(outcome); process.exit(); };
  socket.on('connect', () => setTimeout(finish, 1000, 'silent'));
  socket.on('error', (error) => finish(error.code === 'ECONNREFUSED' ? 'refused' : 'cut'));
  socket.on('end', () => finish('cut'));`;

function start(site: Site, cable: Cable): { server: Rathole; client: Rathole } {
  const service = { token: 't' };
  const launch = (role: 'server' | 'client', namespace: string, table: object) => {
    const folder = join(site.folder, role);
    mkdirSync(folder);
    const config = { [role]: { ...table } };
    const started = rathole({ folder, role, config, inside: cable.at(namespace) });
    site.onClose(() => started.stop());
    return started;
  };
  const server = launch('server', cable.far, {
    bind_addr: '0.0.0.0:2333',
    heartbeat_interval: 1,
    services: { web: { ...service, bind_addr: `127.0.0.1:${PORT}` } },
  });
  const client = launch('client', cable.near, {
    remote_addr: `${cable.farHost}:2333`,
    heartbeat_timeout: 3,
    services: { web: { ...service, local_addr: '127.0.0.1:6000' } },
  });
  return { server, client };
}

test('in a black hole visitors hang until the kernel gives up, and the client returns once it is over', async ({
  site,
}) => {
  const cable = new Cable(`bh${process.pid}`);
  site.onClose(() => cable.remove());
  cable.run(cable.far, 'sysctl', '-q', '-w', 'net.ipv4.tcp_retries2=3');
  const { server, client } = start(site, cable);
  const listens = () => isListening({ host: '127.0.0.1', port: PORT }, server.pid);
  await until(listens, 8000, () => server.log);
  await sleep(500);
  cable.blackhole();
  const cut = performance.now();
  const visits: string[] = [];
  while (listens() && performance.now() - cut < 25_000) {
    visits.push(cable.run(cable.far, process.execPath, '-e', VISIT).trim());
  }
  expect(listens()).toBe(false);
  expect(visits.slice(0, 2)).toEqual(['silent', 'silent']);
  await server.logged('Failed to write control cmds');
  cable.mend();
  await client.logged('Control channel established', 2, 60_000);
  await until(listens, 2000, () => server.log);
});
