import { describe, expect, test } from 'vitest';
import { recordText } from '../../src/codec/record.ts';
import type { Facts } from '../../src/model/observed.ts';
import { present } from '../../src/model/reading.ts';
import { PHASES, type RotationRecord } from '../../src/model/rotation.ts';
import type { Step } from '../../src/model/step.ts';
import { sha256 } from '../../src/planner/files.ts';
import { DNS, SSH, server } from './desired.ts';
import { readValue, withFile } from './facts.ts';
import { applied, kinds, planOne, rules, settled } from './settled.ts';

const host = settled();
const RECORD = '/var/lib/reconcile/rotation/ssh/record';

const step = <K extends Step['kind']>(steps: readonly Step[], kind: K) =>
  steps.filter((each): each is Extract<Step, { kind: K }> => each.kind === kind);
const recordOf = (facts: Facts, service: string) => readValue(facts.rotations)[service];

/** The host with another record of ssh. */
function withRecord(change: Partial<RotationRecord>, facts = host): Facts {
  const old = recordOf(facts, 'ssh');
  if (old === undefined) throw new Error('ssh has no record');
  const record = { ...old, ...change };
  const text = recordText(record);
  const changed = withFile(facts, RECORD, { text, sha256: sha256(text) });
  return { ...changed, rotations: present({ ...readValue(facts.rotations), ssh: record }) };
}

/** The host as an older release left it: nothing of rotation. */
function unenrolled(facts: Facts): Facts {
  const files = Object.entries(readValue(facts.files)).filter(([path]) => !path.includes('/rotation'));
  return { ...facts, files: present(Object.fromEntries(files)), rotations: { kind: 'absent' } };
}

describe('enrollment', () => {
  test('a new service: its token is as old as the plan', () => {
    expect(recordOf(host, 'ssh')).toEqual({
      ...{ phase: 'steady', current: 1, next: 0, highest: 1, stagedAt: 0, finalizeAt: 0 },
      rotatedAt: expect.any(Number),
    });
  });

  test('a service that an older release set up: nobody knows how old its token is, so it is due', () => {
    const managed = server({ rotation: { ...server().rotation, maxAge: 604_800 } });
    const plan = planOne(managed, unenrolled(host));
    expect(step(plan.steps, 'make-token')).toEqual([]);
    expect(step(plan.steps, 'enroll')).toMatchObject([
      { service: 'dns', generation: 1, made: false },
      { service: 'ssh', generation: 1, made: false },
    ]);
    expect(plan.rotations).toMatchObject([
      { service: 'dns', current: 1, next: 2, verdict: 'stage', rule: 'unknown-age' },
      { service: 'ssh', current: 1, next: 2, verdict: 'stage', rule: 'unknown-age' },
    ]);
    expect(plan.steps.at(-1)).toMatchObject({
      kind: 'rotate',
      order: 'due',
      services: ['dns', 'ssh'],
      due: true,
    });
  });

  test('a record whose generation is nowhere gives way to what is served', () => {
    const facts = withRecord({ current: 7, highest: 8 });
    const plan = planOne(server(), facts);
    expect(plan.changes).toMatchObject([
      { target: 'rotation of ssh', cause: 'the record says generation 7, which is not there' },
    ]);
    expect(kinds(plan)).toEqual(['enroll']);
    expect(recordOf(applied(server(), facts), 'ssh')).toMatchObject({
      ...{ phase: 'steady', current: 1, highest: 8, rotatedAt: undefined },
    });
  });

  test('a generation beside the one that the record says goes, with its cause', () => {
    const files = { ...readValue(host.files) };
    for (const folder of ['server', 'client/desktop']) {
      const path = `/var/lib/reconcile/fragments/${folder}/50-ssh.g1.toml`;
      const old = files[path];
      if (old?.text === undefined) throw new Error(`there is no ${path}`);
      const text = old.text.replaceAll('ssh.g1', 'ssh.g2').replace('"generation":1', '"generation":2');
      files[path.replace('g1', 'g2')] = { ...old, text, sha256: sha256(text) };
    }
    const plan = planOne(server(), { ...host, files: present(files) });
    expect(plan.changes).toMatchObject([
      { kind: 'delete', cause: 'not the generation in use' },
      { kind: 'delete', cause: 'not the generation in use' },
    ]);
    expect(kinds(plan)).toEqual(['audit-secret', 'remove-file', 'remove-file', 'publish']);
  });

  test('pruned: the record says gone and keeps its numbers, and a return takes the next one', () => {
    const pruned = applied(server({ services: [DNS], prune: true }), withRecord({ highest: 4 }));
    expect(recordOf(pruned, 'ssh')).toMatchObject({ phase: 'gone', current: 0, highest: 4 });
    expect(planOne(server({ services: [DNS], prune: true }), pruned).steps).toEqual([]);
    const plan = planOne(server(), pruned);
    expect(step(plan.steps, 'make-token')).toMatchObject([{ service: 'ssh', generation: 5 }]);
    expect(recordOf(applied(server(), pruned), 'ssh')).toMatchObject({ phase: 'steady', current: 5 });
  });

  test('pruned in the middle of a rotation: both generations go, and the tokens on their way', () => {
    const folder = '/var/lib/reconcile/rotation/ssh/g2';
    const facts = withRecord({ phase: 'staged', next: 2, highest: 2, stagedAt: 900, finalizeAt: 1_800 });
    const file = readValue(facts.files)[RECORD];
    if (file === undefined) throw new Error('there is no record');
    const files = { ...readValue(facts.files), [`${folder}/server.toml`]: file };
    const wanted = server({ services: [DNS], prune: true });
    const plan = planOne(wanted, { ...facts, files: present(files) });
    expect(plan.changes).toContainEqual(
      expect.objectContaining({ target: 'rotation of ssh', cause: 'removed in the middle of a rotation' }),
    );
    expect(step(plan.steps, 'remove-file').map(({ path }) => path)).toContain(`${folder}/server.toml`);
    expect(planOne(wanted, applied(wanted, facts))).toMatchObject({ changes: [], notes: [] });
  });

  test('a record that cannot be read refuses the plan', () => {
    const plan = planOne(server(), { ...host, rotations: { kind: 'unreadable', why: 'it makes no sense' } });
    expect(rules(plan)).toEqual(['unreadable']);
    expect(plan.steps).toEqual([]);
  });
});

describe('in the middle of a rotation', () => {
  const staged = withRecord({ phase: 'staged', next: 2, highest: 2, stagedAt: 900, finalizeAt: 99_000 });

  test.each(PHASES.filter((phase) => phase !== 'gone' && phase !== 'steady'))(
    '%s: a plan changes nothing of the service, whatever the playbook says by now',
    (phase) => {
      const facts = withRecord({ phase, next: 2, highest: 2, stagedAt: 900, finalizeAt: 99_000 });
      const moved = { ...SSH, bind: { address: '127.0.0.1', port: 2223 }, client: 'laptop' };
      for (const services of [[DNS, SSH], [DNS, moved], [DNS]]) {
        const { steps, notes, refusals } = planOne(server({ services }), facts);
        const touched = steps.flatMap((each) =>
          'path' in each && each.path.includes('ssh') ? [each.path] : [],
        );
        expect([touched, step(steps, 'make-token'), step(steps, 'enroll'), refusals]).toEqual([
          [],
          [],
          [],
          [],
        ]);
        expect(notes).toContain(
          'service ssh is in the middle of a rotation; what the playbook changes of it waits for its end',
        );
      }
    },
  );

  test('the grace and the stragglers may change, but nothing that the client would notice', () => {
    const policy = { ...server().rotation, stragglers: 'cut' as const };
    expect(kinds(planOne(server({ rotation: policy }), staged))).toEqual(['write-file', 'write-file']);
    const moved = server({ services: [DNS, { ...SSH, bind: { address: '127.0.0.1', port: 2223 } }] });
    const paths = step(planOne(moved, staged).steps, 'write-file').map(({ path }) => path);
    expect(paths.filter((path) => path.includes('ssh'))).toEqual([]);
  });

  test('in place, the fragment of the next token is not taken for the one that is served', () => {
    const inPlace = server({ services: [DNS, { ...SSH, cutover: 'in-place' }] });
    const there = settled(inPlace);
    const facts = withRecord(
      { phase: 'staged', next: 2, highest: 2, stagedAt: 900, finalizeAt: 99_000 },
      there,
    );
    const files = { ...readValue(facts.files) };
    const path = '/var/lib/reconcile/fragments/server/50-ssh.g1.toml';
    const old = files[path];
    if (old?.text === undefined) throw new Error(`there is no ${path}`);
    const text = old.text
      .replace('"generation":1', '"generation":2')
      .replace(/fingerprint \w+/, 'fingerprint 22222222');
    files[path.replace('g1', 'g2')] = { ...old, text, sha256: sha256(text) };
    expect(planOne(inPlace, { ...facts, files: present(files) })).toMatchObject({
      changes: [],
      refusals: [],
    });
  });

  test("a UDP service's slot is the host's to say", () => {
    const slot = '/etc/nginx/reconcile/slots/dns.conf';
    const other = readValue(host.files)[slot]?.text?.replace('127.78.', '127.77.') ?? '';
    const facts = withFile(host, slot, { text: other, sha256: sha256(other) });
    expect(planOne(server(), facts).changes).toMatchObject([{ target: slot, cause: 'the text differs' }]);
    const moving: RotationRecord = {
      ...{ phase: 'finalizing', current: 1, next: 2, highest: 2, stagedAt: 1, finalizeAt: 2, rotatedAt: 1 },
    };
    const rotations = present({ ...readValue(facts.rotations), dns: moving });
    expect(planOne(server(), { ...facts, rotations }).changes).toEqual([]);
  });
});
