import { expect, test } from 'vitest';
import { NGINX_UNIT, SERVER_UNIT } from '../../src/artifacts/paths.ts';
import { plan } from '../../src/planner/index.ts';
import { DNS, desired, OBSERVE_SCRIPT, SSH, server } from './desired.ts';
import { bareDebian } from './facts.ts';
import { kinds, planOne, settled, targets } from './settled.ts';

test('a bare host gets everything, in an order that is safe at every prefix', () => {
  const plan = planOne(server(), bareDebian());
  const order = kinds(plan);
  const at = (kind: string, path?: string) =>
    plan.steps.findIndex(
      (step) => step.kind === kind && (path === undefined || ('path' in step && step.path === path)),
    );
  const startOf = (unit: string) =>
    plan.steps.findIndex((step) => step.kind === 'start-unit' && step.unit === unit);

  expect(plan.refusals).toEqual([]);
  expect(order[0]).toBe('install-packages');
  expect(at('make-token')).toBeLessThan(
    at('write-file', '/var/lib/reconcile/fragments/server/50-ssh.g1.toml'),
  );
  expect(at('assemble')).toBeLessThan(startOf(SERVER_UNIT));
  expect(at('assemble')).toBeLessThan(at('write-file', '/etc/nginx/reconcile/stream.conf'));
  expect(at('make-certificate')).toBeLessThan(at('check-nginx'));
  expect(at('make-key')).toBeLessThan(at('write-key-map'));
  expect(at('write-key-map')).toBeLessThan(at('check-nginx'));
  expect(startOf(NGINX_UNIT)).toBeLessThan(at('publish'));
  expect(startOf(NGINX_UNIT)).toBeGreaterThan(startOf(SERVER_UNIT));
  expect(plan.steps.some(({ interrupts }) => interrupts !== undefined)).toBe(false);
});

test('systemd reads all units once, when the last one is written and enabled and before the first one starts', () => {
  const order = kinds(planOne(server(), bareDebian()));
  const reload = order.indexOf('reload-systemd');
  expect(order.filter((kind) => kind === 'reload-systemd')).toHaveLength(1);
  expect(order.lastIndexOf('enable-unit')).toBe(reload - 1);
  expect(order.indexOf('start-unit')).toBe(reload + 1);
});

test('the second plan is empty', () => {
  const second = planOne(server(), settled());
  expect(second).toMatchObject({ changes: [], steps: [], refusals: [], notes: [] });
});

test('a host that was not observed is refused, and the others are planned', () => {
  const other = server({ host: { name: 'vps2', connection: { kind: 'local', become: false } } });
  const { hosts } = plan(desired(server(), other), [{ host: 'vps2', facts: bareDebian() }], OBSERVE_SCRIPT);
  expect(hosts.map(({ host, refusals }) => [host, refusals[0]?.rule])).toEqual([
    ['vps1', 'not-observed'],
    ['vps2', undefined],
  ]);
  expect(hosts[1]?.steps.length).toBeGreaterThan(0);
});

test('in place and without nginx before the tunnel: rathole binds the public address itself', () => {
  const inPlace = server({
    services: [{ ...DNS, cutover: 'in-place', ratholeName: 'old-dns' }, SSH],
    transport: { kind: 'tcp', bind: { address: '0.0.0.0', port: 2333 } },
  });
  const plan = planOne(inPlace, bareDebian());
  const toml = plan.changes.find(({ target }) => target === '/etc/rathole/server.toml');
  const stream = plan.changes.find(({ target }) => target === '/etc/nginx/reconcile/stream.conf');
  expect(toml).toMatchObject({ after: expect.stringContaining('[server.services.old-dns]') });
  expect(toml).toMatchObject({ after: expect.stringContaining('bind_addr = "0.0.0.0:5353"') });
  expect(stream).toMatchObject({ after: expect.not.stringContaining('dns') });
  expect(targets(planOne(inPlace, settled(inPlace)))).toEqual([]);
});
