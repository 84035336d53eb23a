import { describe, expect, test } from 'vitest';
import { BACKUPS, NGINX_STREAM, SERVER_TOML } from '../../../src/artifacts/paths.ts';
import type { ServiceComment } from '../../../src/artifacts/service-comment.ts';
import type { DesiredServer } from '../../../src/model/desired.ts';
import type { Facts } from '../../../src/model/observed.ts';
import type { HostPlan } from '../../../src/model/plan.ts';
import { present } from '../../../src/model/reading.ts';
import { planRestore } from '../../../src/planner/rotation/restore.ts';
import { DNS, desired, SSH, server, service } from '../desired.ts';
import { listener, readValue, withFile } from '../facts.ts';
import { applied, kinds, planOne, rules, settled, targets } from '../settled.ts';

const BACKUP: readonly ServiceComment[] = [
  { service: 'dns', generation: 1, client: 'attic', bind: '0.0.0.0:5353', cutover: 'blue-green' },
  { service: 'ssh', generation: 1, client: 'desktop', bind: '127.0.0.1:2222', cutover: 'blue-green' },
];

/** A host on which ssh was pruned. */
const PRUNED = applied(server({ services: [DNS], prune: true }), settled());

function restoring(wanted: DesiredServer, facts: Facts = PRUNED, backup = BACKUP): HostPlan {
  const plan = planRestore(desired(wanted), [{ host: 'vps1', facts }], new Map([['vps1', backup]]));
  const [host] = plan.hosts;
  if (host === undefined) throw new Error('there is no plan for the host');
  return host;
}

const streamText = ({ steps }: HostPlan) =>
  steps.flatMap((step) => (step.kind === 'write-file' && step.path === NGINX_STREAM ? [step.text] : []));

test('the plan of a restore is the whole: the new token, and its public address in nginx', () => {
  const plan = restoring(server({ services: [DNS] }));
  expect(plan.refusals).toEqual([]);
  expect(kinds(plan)).toEqual(['backup', 'write-file', 'check-nginx', 'reload-nginx', 'rotate']);
  expect(plan.steps.at(-1)).toEqual({ kind: 'rotate', order: 'restore', services: ['ssh'] });
  expect(targets(plan)).toEqual([NGINX_STREAM]);
  expect(plan.rotations).toMatchObject([{ service: 'ssh', current: 0, next: 2 }]);
});

test('nginx gets what it would have if the playbook named the service', () => {
  const named = planOne(server(), PRUNED);
  expect(streamText(restoring(server({ services: [DNS] })))).toEqual(streamText(named));
  expect(streamText(named)).toHaveLength(1);
});

test('a service in place needs nothing of nginx but that it lets in fewer visitors', () => {
  const inPlace = service('ssh', { cutover: 'in-place' });
  const pruned = applied(
    server({ services: [DNS], prune: true }),
    settled(server({ services: [DNS, inPlace] })),
  );
  const plan = restoring(server({ services: [DNS] }), pruned);
  expect(kinds(plan)).toEqual(['backup', 'write-file', 'check-nginx', 'reload-nginx', 'rotate']);
  expect(streamText(plan)[0]).not.toContain('2222');
});

test('where nothing is gone there is nothing to do', () => {
  const plan = restoring(server(), settled());
  expect(plan).toMatchObject({ steps: [], changes: [], refusals: [], rotations: [] });
});

describe('it is refused as a whole where', () => {
  const wanted = server({ services: [DNS] });
  const web = service('web', { bind: SSH.bind });
  const taken = readValue(PRUNED.listeners).concat(listener('tcp', '127.0.0.1', 2222, 'dropbear', 99));

  test.each([
    ['the playbook names the service', server(), PRUNED, 'restore-declared'],
    [
      'the next apply would prune it again',
      server({ services: [DNS], prune: true }),
      PRUNED,
      'restore-pruned',
    ],
    ['its address belongs to another service', server({ services: [DNS, web] }), PRUNED, 'restore-address'],
    ['another program has its address', wanted, { ...PRUNED, listeners: present(taken) }, 'port-taken'],
    [
      'the host has forgotten how it was served',
      wanted,
      withFile(PRUNED, '/var/lib/reconcile/rotation/ssh/server.template', undefined),
      'restore-unknown',
    ],
    [
      'its template makes no sense',
      wanted,
      withFile(PRUNED, '/var/lib/reconcile/rotation/ssh/server.template', { text: '[serv' }),
      'restore-unknown',
    ],
    [
      'server.toml makes no sense',
      wanted,
      withFile(PRUNED, '/etc/rathole/server.toml', { text: '[serv' }),
      'server-toml-invalid',
    ],
    ['the disk is full', wanted, { ...PRUNED, disk: present({ '/etc': { freeBytes: 0 } }) }, 'disk-full'],
    [
      'the playbook forbids what it interrupts',
      server({ services: [DNS], forbidInterruptions: ['live-connections', 'new-connections'] }),
      PRUNED,
      'forbidden-interruption',
    ],
  ] as const)('%s', (_, declared, facts, rule) => {
    expect(rules(restoring(declared, facts))).toContain(rule);
  });

  test('its client is not declared any more', () => {
    const { clients, ...rest } = desired(wanted);
    const left = { ...rest, clients: clients.filter(({ name }) => name !== 'desktop') };
    const plan = planRestore(left, [{ host: 'vps1', facts: PRUNED }], new Map([['vps1', BACKUP]]));
    expect(plan.hosts.flatMap(({ refusals }) => refusals)).toMatchObject([{ rule: 'restore-client' }]);
  });

  test('there is no such backup: the newest ones are named', () => {
    const files = readValue(PRUNED.files);
    const copy = files[SERVER_TOML];
    if (copy === undefined) throw new Error('there is no server.toml');
    const days = ['01', '02', '03', '04', '05', '06', '07'];
    const backups = days.map((day) => [`${BACKUPS}/server.toml.202611${day}_120000`, copy]);
    const facts = { ...PRUNED, files: present({ ...files, ...Object.fromEntries(backups) }) };
    const none = (on: Facts) =>
      planRestore(desired(wanted), [{ host: 'vps1', facts: on }], new Map()).hosts[0]?.refusals;
    expect(none(facts)).toMatchObject([
      {
        rule: 'no-backup',
        remedy: expect.stringMatching(/: server\.toml\.20261107_120000, .*, and 2 older\.$/),
      },
    ]);
    expect(none(PRUNED)).toMatchObject([{ remedy: expect.stringContaining('The host has none') }]);
  });

  test('a backup that names no service of ours', () => {
    expect(rules(restoring(wanted, PRUNED, []))).toEqual(['backup-empty']);
  });
});
