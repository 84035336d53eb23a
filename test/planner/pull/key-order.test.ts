import { expect, test } from 'vitest';
import { planOrder } from '../../../src/planner/rotation/order.ts';
import { desired, server } from '../desired.ts';
import { settled } from '../settled.ts';

const host = settled();
const asked = (order: 'rotate' | 'compromised' | 'cancel', clients?: readonly string[]) => {
  const [found] = planOrder(desired(server()), [{ host: 'vps1', facts: host }], {
    order,
    ...(clients && { clients }),
  }).hosts;
  if (found === undefined) throw new Error('there is no plan');
  return found;
};

test('a compromised client: its key ends first, then the tokens of its services and of no other', () => {
  const { steps, notes, changes } = asked('compromised', ['desktop']);
  const kinds = steps.map(({ kind }) => kind);
  expect(kinds.indexOf('reload-nginx')).toBeGreaterThan(kinds.indexOf('write-key-map'));
  expect(steps.at(-1)).toMatchObject({ kind: 'rotate', order: 'compromised', services: ['ssh'] });
  expect(steps).toContainEqual(expect.objectContaining({ kind: 'record-key', phase: 'replacing' }));
  expect(steps).toContainEqual(
    expect.objectContaining({ kind: 'remove-file', path: '/var/lib/reconcile/keys/desktop.k1' }),
  );
  expect(notes).toEqual([expect.stringContaining('desktop needs a new bundle')]);
  expect(changes).toMatchObject([{ target: 'API key of desktop', before: 'k1', after: 'k2' }]);
});

test('a compromised client that is in the inventory gets its new key by an apply', () => {
  const wanted = desired(server());
  const clients = wanted.clients.map((each) => ({ ...each, managed: true }));
  const asking = { order: 'compromised', clients: ['desktop'] } as const;
  const plan = planOrder({ ...wanted, clients }, [{ host: 'vps1', facts: host }], asking);
  expect(plan.hosts[0]?.notes).toEqual(['desktop gets its new key by the next apply']);
});

test('a client that is asked to rotate has its successor announced', () => {
  const { steps } = asked('rotate', ['attic']);
  expect(steps).toContainEqual(expect.objectContaining({ kind: 'record-key', phase: 'announced' }));
  expect(steps.at(-1)).toMatchObject({ kind: 'rotate', order: 'rotate', services: ['dns'] });
});

test('an order that names no client leaves keys alone', () => {
  for (const { steps } of [asked('compromised'), asked('rotate'), asked('cancel', ['desktop'])]) {
    expect(steps.filter(({ kind }) => kind !== 'rotate')).toEqual([]);
  }
});
