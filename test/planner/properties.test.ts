import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { DesiredServer, DesiredService } from '../../src/model/desired.ts';
import type { Facts } from '../../src/model/observed.ts';
import { present } from '../../src/model/reading.ts';
import { plan } from '../../src/planner/index.ts';
import { desired, OBSERVE_SCRIPT, server, service } from './desired.ts';
import { bareDebian, readValue } from './facts.ts';
import { applied, planOne, settled } from './settled.ts';

const services: fc.Arbitrary<readonly DesiredService[]> = fc
  .uniqueArray(
    fc.record({
      name: fc.constantFrom('a', 'a-b', 'ab', 'b', 'ssh', 'web_1'),
      client: fc.constantFrom('desktop', 'attic'),
      protocol: fc.constantFrom('tcp' as const, 'udp' as const),
      cutover: fc.constantFrom('blue-green' as const, 'in-place' as const),
      port: fc.integer({ min: 1024, max: 1030 }),
      address: fc.constantFrom('127.0.0.1', '0.0.0.0', '::'),
    }),
    { selector: ({ name }) => name, maxLength: 5 },
  )
  .map((some) => some.filter(({ port }, at) => some.findIndex((other) => other.port === port) === at))
  .map((some) =>
    some
      .map(({ name, port, address, ...more }) => service(name, { ...more, bind: { address, port } }))
      .sort((a, b) => (a.name < b.name ? -1 : 1)),
  );

const servers: fc.Arbitrary<DesiredServer> = fc
  .record({
    services,
    prune: fc.boolean(),
    heartbeatInterval: fc.constantFrom(20, 30),
    formerDomains: fc.constantFrom([], ['old.example.net']),
  })
  .map((some) => server(some));

test('once applied, a plan is empty, whatever the host was before', () => {
  fc.assert(
    fc.property(fc.array(servers, { minLength: 1, maxLength: 3 }), (history) => {
      let facts = bareDebian();
      for (const wanted of history) {
        const first = planOne(wanted, facts);
        if (first.refusals.length > 0) continue;
        facts = applied(wanted, facts);
        expect(planOne(wanted, facts)).toMatchObject({ changes: [], steps: [], refusals: [] });
      }
    }),
    { numRuns: 100 },
  );
}, 30_000);

test('no plan makes a new token for a service that goes on with its client', () => {
  fc.assert(
    fc.property(servers, servers, (before, after) => {
      const facts = settled(before);
      const key = ({ name, cutover, client }: DesiredService) => `${name} ${cutover} ${client}`;
      const names = new Set(before.services.map(key));
      const goOn = after.services.filter((each) => names.has(key(each)));
      const made = planOne(after, facts).steps.flatMap((step) =>
        step.kind === 'make-token' ? [step.service] : [],
      );
      expect(goOn.map(({ name }) => name).filter((name) => made.includes(name))).toEqual([]);
    }),
    { numRuns: 50 },
  );
});

const other = server({ host: { name: 'vps2', connection: { kind: 'local', become: false } } });

test('the digest does not depend on the order of its input', () => {
  fc.assert(
    fc.property(servers, (wanted) => {
      const here = { host: 'vps1', facts: settled() };
      const there = { host: 'vps2', facts: bareDebian() };
      const one = plan(desired(wanted, other), [here, there], OBSERVE_SCRIPT);
      const two = plan(desired(other, wanted), [there, shuffled(here)], OBSERVE_SCRIPT);
      expect(two.digest).toBe(one.digest);
    }),
  );
}, 30_000);

function shuffled({ host, facts }: { host: string; facts: Facts }): { host: string; facts: Facts } {
  const files = Object.fromEntries(Object.entries(readValue(facts.files)).reverse());
  const listeners = [...readValue(facts.listeners)].reverse();
  return { host, facts: { ...facts, files: present(files), listeners: present(listeners) } };
}

test('the digest does not depend on time, counts or tokens', () => {
  fc.assert(
    fc.property(servers, fc.nat(100), fc.nat(1_000), (wanted, count, later) => {
      const digest = (facts: Facts) =>
        plan(desired(wanted), [{ host: 'vps1', facts }], OBSERVE_SCRIPT).digest;
      const facts = settled(server(), 'other tokens');
      const changed: Facts = {
        ...facts,
        clock: present(readValue(facts.clock) + later),
        connections: present({ '127.0.0.1:2222': count, '127.0.0.1:2333': count }),
      };
      expect(digest(changed)).toBe(digest(settled()));
    }),
  );
}, 30_000);

test('the digest changes with what would be done', () => {
  const facts = settled();
  const digest = (wanted: DesiredServer, seen = facts) =>
    plan(desired(wanted), [{ host: 'vps1', facts: seen }], OBSERVE_SCRIPT).digest;
  const moved = server({ heartbeatInterval: 20 });
  expect(digest(moved)).not.toBe(digest(server()));
  expect(digest(moved, bareDebian())).not.toBe(digest(moved));
});
