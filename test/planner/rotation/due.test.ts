import { describe, expect, test } from 'vitest';
import { recordText } from '../../../src/codec/record.ts';
import type { DesiredServer } from '../../../src/model/desired.ts';
import type { Facts } from '../../../src/model/observed.ts';
import { present } from '../../../src/model/reading.ts';
import type { RotationRecord } from '../../../src/model/rotation.ts';
import { sha256 } from '../../../src/planner/files.ts';
import { plan } from '../../../src/planner/index.ts';
import { planOrder } from '../../../src/planner/rotation/order.ts';
import { DNS, desired, OBSERVE_SCRIPT, SSH, server } from '../desired.ts';
import { bareDebian, listener, readValue, withFile } from '../facts.ts';
import { planOne, settled } from '../settled.ts';

const DAY = 86_400;
const managed = (more: Partial<DesiredServer['rotation']> = {}) =>
  server({ rotation: { ...server().rotation, maxAge: 7 * DAY, ...more } });
const host = settled(managed());

/** The host so many seconds later. */
const later = (seconds: number, facts = host): Facts => ({
  ...facts,
  clock: present(readValue(facts.clock) + seconds),
});

function withRecord(service: string, change: Partial<RotationRecord>, facts = host): Facts {
  const old = readValue(facts.rotations)[service];
  if (old === undefined) throw new Error(`${service} has no record`);
  const record = { ...old, ...change };
  const text = recordText(record);
  const path = `/var/lib/reconcile/rotation/${service}/record`;
  const changed = withFile(facts, path, { text, sha256: sha256(text) });
  return { ...changed, rotations: present({ ...readValue(facts.rotations), [service]: record }) };
}

const staged = (finalizeAt: number): Partial<RotationRecord> => ({
  ...{ phase: 'staged', next: 2, highest: 2, stagedAt: 900, finalizeAt },
});

const [ours, current] = ['127.77.8.174', '127.78.8.174'];
const withListeners = (facts: Facts, ...addresses: readonly string[]): Facts => ({
  ...facts,
  listeners: present([
    ...readValue(facts.listeners),
    ...addresses.map((address) => listener('tcp', address, 1019, 'rathole', 700)),
  ]),
});

/** API keys have an age of their own. */
function withYoungKeys(facts: Facts): Facts {
  const pulls = readValue(facts.pulls);
  const young = Object.entries(pulls.records).map(([client, record]) => {
    return [client, { ...record, madeAt: readValue(facts.clock) }] as const;
  });
  return { ...facts, pulls: present({ ...pulls, records: Object.fromEntries(young) }) };
}

describe('due by age', () => {
  test('a young token: nothing', () => {
    expect(planOne(managed(), later(5 * DAY))).toMatchObject({ steps: [], rotations: [], notes: [] });
  });

  test('within warn_before of max_age: a note', () => {
    const { steps, rotations, notes } = planOne(managed(), later(6.5 * DAY));
    expect([steps, rotations]).toEqual([[], []]);
    expect(notes).toContain('service ssh: the token reaches max_age within warn_before');
  });

  test('older: listed with the generation that comes, done last of all, and outside of the digest', () => {
    const facts = withYoungKeys(later(8 * DAY));
    const { rotations, steps, changes } = planOne(managed(), facts);
    expect(changes.filter(({ target }) => !target.startsWith('API key'))).toEqual([]);
    expect(
      rotations.map(({ service, current: from, next, verdict }) => [service, from, next, verdict]),
    ).toEqual([
      ['dns', 1, 2, 'stage'],
      ['ssh', 1, 2, 'stage'],
    ]);
    expect(steps.at(-1)).toMatchObject({ kind: 'rotate', order: 'due', services: ['dns', 'ssh'], due: true });
    expect(steps.at(-1)?.interrupts).toMatchObject({ services: ['dns'], seconds: 0 });
    const digest = (seen: Facts) =>
      plan(desired(managed()), [{ host: 'vps1', facts: seen }], OBSERVE_SCRIPT).digest;
    expect(digest(facts)).toBe(digest(host));
  });

  test('more than at_most: the rest waits, and is said', () => {
    const { rotations, notes } = planOne(managed({ atMost: 1 }), later(8 * DAY));
    expect(rotations).toHaveLength(1);
    expect(notes).toEqual(['service ssh: due, but at_most other services are staged already']);
  });

  test('somebody else at the slot that comes: said, and not started', () => {
    const facts = {
      ...later(8 * DAY),
      listeners: present([...readValue(host.listeners), listener('tcp', ours, 1019, 'nc', 9)]),
    };
    const { rotations, steps } = planOne(managed(), facts);
    expect(rotations).toMatchObject([
      { service: 'dns', verdict: 'stage' },
      { service: 'ssh', verdict: 'refuse', rule: 'slot-foreign' },
    ]);
    expect(steps.filter(({ kind }) => kind === 'rotate')).toMatchObject([
      { order: 'due', services: ['dns'] },
    ]);
  });
});

describe('on its way', () => {
  test('waiting for its client: listed, and nothing to do', () => {
    const { rotations, steps } = planOne(
      managed(),
      withListeners(withRecord('ssh', staged(99_000)), current),
    );
    expect(rotations).toMatchObject([
      { service: 'ssh', current: 1, next: 2, finalizeAt: 99_000, rule: 'grace' },
    ]);
    expect(steps).toEqual([]);
  });

  test('the client has come: an apply finalizes it', () => {
    const { rotations, steps } = planOne(
      managed(),
      withListeners(withRecord('ssh', staged(99_000)), current, ours),
    );
    expect(rotations).toMatchObject([{ rule: 'verified', verdict: 'finalize' }]);
    expect(steps).toMatchObject([{ kind: 'rotate', order: 'due', services: ['ssh'] }]);
  });

  test('a straggler is held, and named', () => {
    const { rotations, steps } = planOne(managed(), withListeners(withRecord('ssh', staged(950)), current));
    expect(rotations).toMatchObject([{ service: 'ssh', verdict: 'hold', rule: 'straggler-held' }]);
    expect(steps).toEqual([]);
  });
});

describe('asked for', () => {
  const order = (facts: Facts, asking: Parameters<typeof planOrder>[2], wanted = server()) => {
    const [only] = planOrder(desired(wanted), [{ host: 'vps1', facts }], asking).hosts;
    if (only === undefined) throw new Error('there is no plan for the host');
    return only;
  };

  test('rotate is for all services, whatever their age, or for those that are named', () => {
    expect(order(host, { order: 'rotate' })).toMatchObject({
      steps: [{ kind: 'rotate', order: 'rotate', services: ['dns', 'ssh'] }],
      refusals: [],
    });
    expect(order(host, { order: 'rotate', services: ['ssh'] }).steps).toMatchObject([{ services: ['ssh'] }]);
  });

  test('cancel and finalize are for what is staged; a name that is not is refused', () => {
    expect(order(host, { order: 'cancel' })).toMatchObject({
      steps: [],
      refusals: [],
      notes: ['nothing is staged there: nothing to cancel'],
    });
    expect(order(host, { order: 'finalize', services: ['ssh'] }).refusals).toMatchObject([
      { rule: 'nothing-staged', message: 'service ssh: nothing is staged' },
    ]);
    const facts = withRecord('ssh', staged(99_000));
    expect(order(facts, { order: 'cancel' })).toMatchObject({
      steps: [{ order: 'cancel', services: ['ssh'] }],
      rotations: [{ service: 'ssh', verdict: 'cancel' }],
    });
  });

  test('what is not on the host yet is refused with the remedy', () => {
    expect(order({ ...host, rotations: present({}) }, { order: 'rotate', services: ['ssh'] })).toMatchObject({
      steps: [],
      refusals: [{ rule: 'not-enrolled', remedy: 'Apply the playbook first.' }],
    });
    const older = withFile(host, '/usr/local/lib/reconcile/rotate', undefined);
    expect(order(older, { order: 'rotate' }).refusals).toMatchObject([{ rule: 'rotate-missing' }]);
  });

  test.each(['rotate', 'compromised', 'finalize', 'cancel'] as const)(
    '%s without names is refused on a host where nothing was ever applied',
    (asked) => {
      expect(order(bareDebian(), { order: asked }).refusals).toMatchObject([
        { rule: 'rotate-missing', remedy: 'Apply the playbook first.' },
      ]);
    },
  );

  test('compromised says whose live connections end, and how many', () => {
    const facts = { ...host, connections: present({ '127.78.8.174:1019': 3, '127.0.0.1:2222': 3 }) };
    expect(order(facts, { order: 'compromised', services: ['ssh'] })).toMatchObject({
      steps: [
        { order: 'compromised', interrupts: { kind: 'live-connections', services: ['ssh'], connections: 3 } },
      ],
      refusals: [],
    });
  });

  test('compromised while another token is staged: the number that comes is a third one', () => {
    const facts = withRecord('ssh', staged(99_000));
    const generations = ({ rotations }: ReturnType<typeof order>) =>
      rotations.filter(({ service }) => service === 'ssh').map(({ current: from, next }) => [from, next]);
    expect(generations(order(facts, { order: 'compromised', services: ['ssh'] }))).toEqual([[1, 4]]);
    expect(generations(order(facts, { order: 'cancel' }))).toEqual([[1, 2]]);
    const begun = withRecord('ssh', { ...staged(0), phase: 'compromised', next: 4, highest: 4 });
    expect(generations(order(begun, { order: 'compromised', services: ['ssh'] }))).toEqual([[1, 4]]);
  });

  test('where the kernel cannot end connections, a compromise needs the consent to a restart', () => {
    const { steps, refusals } = order(
      { ...host, socketKill: present(false) },
      { order: 'compromised', services: ['ssh'] },
    );
    expect(refusals).toMatchObject([{ rule: 'compromise-uncut', consent: 'interrupt-live-connections' }]);
    expect(steps.map(({ kind }) => kind)).toEqual(['rotate', 'restart-unit']);
    expect(order({ ...host, socketKill: present(false) }, { order: 'rotate' }).refusals).toEqual([]);
  });

  test('what the playbook forbids to interrupt needs the consent', () => {
    const wanted = server({ forbidInterruptions: ['live-connections'], services: [DNS, SSH] });
    expect(order(host, { order: 'compromised' }, wanted).refusals).toMatchObject([
      { rule: 'forbidden-interruption', consent: 'interrupt-live-connections' },
    ]);
  });

  test('the digest covers the order and its services', () => {
    const digest = (asking: Parameters<typeof planOrder>[2]) =>
      planOrder(desired(server()), [{ host: 'vps1', facts: host }], asking).digest;
    const digests = [
      digest({ order: 'rotate' }),
      digest({ order: 'compromised' }),
      digest({ order: 'rotate', services: ['ssh'] }),
    ];
    expect(new Set(digests).size).toBe(3);
  });
});
