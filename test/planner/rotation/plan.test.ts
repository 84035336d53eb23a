import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { RotationPolicy } from '../../../src/model/desired.ts';
import type { ServiceObservation } from '../../../src/model/rotation.ts';
import { planRotations } from '../../../src/planner/rotation/plan.ts';
import { inMotion } from '../../../src/planner/rotation/record.ts';
import { NOW, observations, policies } from './situations.ts';

const hosts = policies.chain((policy) =>
  fc.array(observations, { maxLength: 8 }).map((seen) => toServices(seen, policy)),
);
const toServices = (seen: readonly ServiceObservation[], policy: RotationPolicy) =>
  seen.map((one, index) => ({ name: `s${index}`, seen: one, policy, order: 'none' as const }));

test('never more than at_most services are in motion by what a plan stages', () => {
  fc.assert(
    fc.property(hosts, (services) => {
      const staged = planRotations(services, NOW).filter(({ name, decision }) => {
        const before = services.find((service) => service.name === name);
        return decision.verdict === 'stage' && before?.seen.record.phase === 'steady';
      });
      const moving = services.filter(({ seen }) => inMotion(seen.record)).length;
      const atMost = services[0]?.policy.atMost ?? 0;
      expect(staged.length).toBeLessThanOrEqual(Math.max(0, atMost - moving));
    }),
  );
});

test('a plan has one decision per service, whatever the order in which they come', () => {
  fc.assert(
    fc.property(hosts, (services) => {
      const plan = planRotations(services, NOW);
      expect(plan.map(({ name }) => name).sort()).toEqual(services.map(({ name }) => name).sort());
      expect(planRotations([...services].reverse(), NOW)).toEqual(plan);
    }),
  );
});
