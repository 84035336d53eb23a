import { describe, expect, test } from 'vitest';
import { planOrder } from '../../../src/planner/rotation/order.ts';
import { DNS, desired, SSH, server } from '../desired.ts';
import { applied, kinds, rules, settled } from '../settled.ts';

describe('a service whose address a kept one shares', () => {
  const renamed = server({ services: [DNS, { ...SSH, name: 'shell' }] });
  const facts = applied(renamed, settled());
  const asked = (order: 'rotate' | 'compromised' | 'cancel', services: readonly string[]) => {
    const [plan] = planOrder(desired(renamed), [{ host: 'vps1', facts }], { order, services }).hosts;
    if (plan === undefined) throw new Error('there is no plan');
    return plan;
  };

  test.each(['rotate', 'compromised'] as const)('cannot be asked to %s', (order) => {
    expect(asked(order, ['shell'])).toMatchObject({
      steps: [],
      refusals: [
        {
          rule: 'address-shared',
          message: 'service shell: ssh, which is not in the playbook, is kept at its address',
          remedy: 'Set `prune: true` and apply, which removes ssh; then ask again.',
        },
      ],
    });
  });

  test('keeps no other from it, and nobody from a cancel', () => {
    expect(kinds(asked('rotate', ['dns']))).toEqual(['rotate']);
    expect(rules(asked('cancel', ['shell']))).not.toContain('address-shared');
  });
});
