import { expect, test } from 'vitest';
import type { DesiredServer } from '../../src/model/desired.ts';
import type { ObservedNginx } from '../../src/model/observed.ts';
import { present } from '../../src/model/reading.ts';
import { SSH, server, service } from './desired.ts';
import { bareDebian, readValue } from './facts.ts';
import { applied, planOne, settled } from './settled.ts';

const STREAM = '/etc/nginx/reconcile/stream.conf';
const tcp: Partial<DesiredServer> = { transport: { kind: 'tcp', bind: { address: '0.0.0.0', port: 2333 } } };
const many = Array.from({ length: 17 }, (_, at) =>
  service(`s${at}`, { bind: { address: '0.0.0.0', port: 3000 + at } }),
);

/** What nginx would be told after the plan, on a host whose nginx is like this; undefined: it is not installed. */
function limitFor(more: Partial<DesiredServer>, nginx?: Partial<ObservedNginx>): number {
  const wanted = server(more);
  const host = settled(wanted);
  const known = { ...readValue(host.nginx), ...nginx };
  const facts = nginx === undefined ? bareDebian() : { ...host, nginx: present(known) };
  const text = readValue(applied(wanted, facts).files)[STREAM]?.text;
  return Number(/^limit_conn reconcile_visitors (\d+);$/m.exec(text ?? '')?.[1]);
}

const one = { services: [SSH] };
test.each([
  ["Debian's nginx, one service, also staged: 768 * 0.9 - 36, by 4", one, undefined, 163],
  ['each service takes its share', {}, undefined, 154],
  ['as many services as fit leave room for some visitors', { services: many }, undefined, 19],
  ['a data channel that does not come through nginx takes nothing of it', tcp, undefined, 345],
  ['more connections, more visitors', one, { workerConnections: 4096, openFiles: 65_536 }, 912],
  ['no more than the descriptors allow', one, { workerConnections: 4096, openFiles: 1024 }, 221],
  ['no more than nginx can count', one, { workerConnections: 1e6, openFiles: 1e6 }, 65_535],
  ['a configuration that is not valid does not say', one, { workerConnections: 9, configError: 'x' }, 163],
  ['as few connections as the capacity rule takes', one, { workerConnections: 45 }, 1],
])('%s', (_, more, nginx, limit) => {
  expect(limitFor(more, nginx)).toBe(limit);
});

test('a worker that is given more connections is a change', () => {
  const host = settled();
  const nginx = present({ ...readValue(host.nginx), workerConnections: 1000 });
  expect(planOne(server(), host).changes).toEqual([]);
  expect(planOne(server(), { ...host, nginx }).changes).toMatchObject([{ kind: 'update', target: STREAM }]);
});
