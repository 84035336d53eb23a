import { expect, test } from 'vitest';
import type { Facts } from '../../src/model/observed.ts';
import type { HostPlan } from '../../src/model/plan.ts';
import { present } from '../../src/model/reading.ts';
import { plan } from '../../src/planner/index.ts';
import { DNS, desired, OBSERVE_SCRIPT, SSH, server } from './desired.ts';
import { bareDebian, readValue } from './facts.ts';
import { applied, planOne, settled } from './settled.ts';

/** What a plan logs for the audit: `make token ssh 1: the service is new`. */
const said = ({ steps }: HostPlan): readonly string[] =>
  steps.flatMap((step) =>
    step.kind === 'audit-secret'
      ? [`${step.action} ${step.secret} ${step.target} ${step.number}: ${step.reason}`]
      : [],
  );

const onlyDns = server({ services: [DNS], prune: true });

test('every token and key that a first plan makes is logged, and none by the next plan', () => {
  expect(said(planOne(server(), bareDebian()))).toEqual([
    'make token dns 1: the service is new',
    'make token ssh 1: the service is new',
    'make key attic 1: the client had none',
    'make key desktop 1: the client had none',
  ]);
  expect(said(planOne(server(), settled()))).toEqual([]);
});

test('a pruned service ends with its token, and comes back with another', () => {
  expect(said(planOne(onlyDns, settled()))).toEqual([
    'revoke token ssh 1: the service is not in the playbook',
  ]);
  expect(said(planOne(server(), applied(onlyDns, settled())))).toEqual([
    'make token ssh 2: the service comes back',
  ]);
});

test.each(['blue-green', 'in-place'] as const)('%s: a service that moves to another client', (cutover) => {
  const before = settled(server({ services: [DNS, { ...SSH, cutover }] }));
  const after = server({ services: [DNS, { ...SSH, cutover, client: 'attic' }] });
  expect(said(planOne(after, before))).toEqual([
    'make token ssh 2: the service moved to client attic',
    'revoke token ssh 1: the service moved to client attic',
  ]);
});

test('another cutover takes another token', () => {
  const inPlace = server({ services: [DNS, { ...SSH, cutover: 'in-place' }] });
  expect(said(planOne(inPlace, settled()))).toEqual([
    'make token ssh 2: the service has another cutover',
    'revoke token ssh 1: not the generation in use',
  ]);
});

test('in place, the token that is on its way ends with the one that is served', () => {
  const there: Facts = settled(server({ services: [DNS, { ...SSH, cutover: 'in-place' }] }));
  const record = readValue(there.rotations)['ssh'];
  if (record === undefined) throw new Error('ssh has no record');
  const staged = { ...record, phase: 'staged', next: 2, highest: 2 } as const;
  const facts = { ...there, rotations: present({ ...readValue(there.rotations), ssh: staged }) };
  expect(said(planOne(onlyDns, facts))).toEqual([
    'revoke token ssh 1: the service is not in the playbook',
    'revoke token ssh 2: the service is not in the playbook',
  ]);
});

test('a client that is taken out ends with its keys, once nginx has forgotten them', () => {
  const wanted = desired(server({ services: [DNS] }));
  const clients = wanted.clients.filter(({ name }) => name !== 'desktop');
  const [host] = plan({ ...wanted, clients }, [{ host: 'vps1', facts: settled() }], OBSERVE_SCRIPT).hosts;
  if (host === undefined) throw new Error('there is no plan');
  expect(said(host)).toEqual([
    'revoke token ssh 1: the service is not in the playbook',
    'revoke key desktop 1: the client is not in the playbook',
  ]);
  const kinds = host.steps.map((step) => (step.kind === 'audit-secret' ? step.secret : step.kind));
  expect(kinds.lastIndexOf('key')).toBeGreaterThan(kinds.lastIndexOf('reload-nginx'));
});
