import { userInfo } from 'node:os';
import { NGINX_GROUP } from '../../src/codec/placeholder.ts';
import type { Expectation, Step } from '../../src/model/step.ts';
import { sha256 } from './sandbox.ts';

const me = userInfo().username;
const MINE = { owner: me, group: me, mode: '0640' } as const;

export const ABSENT: Expectation = { kind: 'absent' };
export const was = (text: string): Expectation => ({ kind: 'sha256', sha256: sha256(text) });

export const writeFile = (path: string, text: string, expect: Expectation = ABSENT): Step => ({
  kind: 'write-file',
  path,
  text,
  expect,
  ...MINE,
});
export const makeDirectory = (path: string): Step => ({
  kind: 'make-directory',
  path,
  ...MINE,
  mode: '0750',
});
export const removeFile = (path: string, text: string): Step => ({
  kind: 'remove-file',
  path,
  expect: was(text),
});
export const setOwnership = (path: string, mode: string): Step => ({
  kind: 'set-ownership',
  path,
  ...MINE,
  mode,
});
export const assemble = (path: string, fragments: readonly string[], expect: Expectation = ABSENT): Step => ({
  kind: 'assemble',
  path,
  fragments,
  expect,
  ...MINE,
});
export const makeToken = (service: string, generation: number): Step => ({
  kind: 'make-token',
  service,
  generation,
});

/** A step that fails on any host that lacks the file. */
export const failing: Step = { kind: 'set-ownership', path: '/nonexistent/file', ...MINE };

/** One of each kind, to see the whole script. */
export const EVERY_KIND: readonly Step[] = [
  { kind: 'install-packages', manager: 'apt', packages: ['nginx', 'libnginx-mod-stream'] },
  { kind: 'install-packages', manager: 'pacman', packages: ['nginx'] },
  { kind: 'create-user', name: 'rathole' },
  makeDirectory('/etc/rathole'),
  { kind: 'install-program', path: '/usr/local/lib/reconcile/bin/rathole', sha256: sha256('program') },
  writeFile('/etc/one', "a 'quoted' text with {{token ssh g1}} in it\n"),
  writeFile('/etc/rathole/home-edge/key', 'header = X-Api-Key:{{key home-edge}}\n'),
  {
    kind: 'make-link',
    path: '/etc/rathole/home-edge/rathole',
    target: '/usr/local/lib/reconcile/bin/rathole',
  },
  setOwnership('/etc/one', '0600'),
  removeFile('/etc/two', 'two'),
  { kind: 'make-salt', path: '/var/lib/reconcile/salt' },
  makeToken('ssh', 1),
  {
    kind: 'keep-token',
    service: 'web',
    generation: 3,
    path: '/etc/rathole/server.toml',
    ratholeName: 'web.g3',
  },
  { kind: 'make-key', client: 'desktop', number: 2 },
  { kind: 'record-key', client: 'desktop', found: undefined, phase: 'steady', current: 1, next: 0 },
  {
    kind: 'record-key',
    client: 'desktop',
    found: { phase: 'steady', current: 1, next: 0 },
    phase: 'announcing',
    current: 1,
    next: 2,
  },
  {
    ...{ kind: 'audit-key', client: 'desktop', action: 'announce', number: 2 },
    reason: 'the key is older than max_age',
  },
  {
    ...{ kind: 'audit-secret', secret: 'token', action: 'revoke', target: 'ssh', number: 1 },
    reason: 'the service is not in the playbook',
  },
  { kind: 'write-key-map', path: '/etc/nginx/reconcile/keys.conf' },
  { kind: 'publish', client: 'desktop' },
  { kind: 'remove-folder', path: '/var/lib/reconcile/pull/desktop' },
  { kind: 'cut-connections', service: 'ssh', address: '::1', port: 2222 },
  { ...makeDirectory('/var/lib/reconcile/pull'), group: NGINX_GROUP } as Step,
  {
    kind: 'enroll',
    service: 'ssh',
    generation: 1,
    highest: 3,
    made: true,
    path: '/var/lib/reconcile/rotation/ssh/record',
    expect: ABSENT,
  },
  { kind: 'rotate', order: 'due', services: ['ssh', 'web'] },
  { kind: 'make-authority', directory: '/var/lib/reconcile/tls', name: 'reconcile on edge', days: 3650 },
  {
    kind: 'make-certificate',
    directory: '/var/lib/reconcile/tls',
    names: ['a.example', '192.0.2.1'],
    days: 90,
  },
  assemble('/etc/rathole/server.toml', ['/var/lib/reconcile/a', '/var/lib/reconcile/b'], was('old')),
  { kind: 'backup', path: '/etc/rathole/server.toml', directory: '/etc/rathole/backups' },
  { kind: 'apply-sysctls', path: '/etc/sysctl.d/60-reconcile.conf' },
  { kind: 'reload-systemd' },
  { kind: 'enable-unit', unit: 'rathole-server.service' },
  { kind: 'start-unit', unit: 'nginx.service', listens: [] },
  { kind: 'disable-unit', unit: 'old.service' },
  {
    kind: 'start-unit',
    unit: 'rathole-server.service',
    listens: [{ protocol: 'tcp', address: '127.0.0.1', port: 2333 }],
  },
  { kind: 'restart-unit', unit: 'rathole-server.service', listens: [] },
  { kind: 'poll', server: 'home-edge' },
  { kind: 'check-nginx' },
  { kind: 'reload-nginx', listens: [{ protocol: 'udp', address: '::', port: 443 }] },
];
