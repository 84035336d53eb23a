import { describe, expect, test } from 'vitest';
import { parseRecord, recordText } from '../../src/codec/record.ts';
import type { DesiredServer } from '../../src/model/desired.ts';
import type { Facts } from '../../src/model/observed.ts';
import { present } from '../../src/model/reading.ts';
import type { Step } from '../../src/model/step.ts';
import { DNS, SSH, server, service } from './desired.ts';
import { listener, readValue } from './facts.ts';
import { applied, kinds, planOne, rules, settled } from './settled.ts';

const FRAGMENT = '/var/lib/reconcile/fragments/client/desktop/50-ssh.g1.toml';
const TOML = '/etc/rathole/server.toml';
const host = settled();
const both = [DNS, SSH];

const step = <K extends Step['kind']>(steps: readonly Step[], kind: K) =>
  steps.filter((each): each is Extract<Step, { kind: K }> => each.kind === kind);
const tomlOf = (facts: Facts) => readValue(facts.files)[TOML]?.text ?? '';
const tokenOf = (facts: Facts, name: string) =>
  new RegExp(`\\[server\\.services\\."?${name}"?\\]\\n(?:.*\\n)?token = "(.*)"`).exec(tomlOf(facts))?.[1];

describe('a service', () => {
  test('added: nobody notices, and the others keep generation and token', () => {
    const wanted = server({
      services: [DNS, SSH, service('web', { bind: { address: '0.0.0.0', port: 8080 } })],
    });
    const plan = planOne(wanted, host);
    expect(step(plan.steps, 'make-token')).toMatchObject([{ service: 'web', generation: 1 }]);
    expect(plan.steps.find(({ kind }) => kind === 'assemble')?.interrupts).toBeUndefined();
    expect(tokenOf(applied(wanted, host), 'ssh.g1')).toBe(tokenOf(host, 'ssh.g1'));
  });

  test('moved to another port: the token stays, and the forecast names it', () => {
    const wanted = server({ services: [DNS, { ...SSH, bind: { address: '127.0.0.1', port: 2223 } }] });
    const plan = planOne(wanted, host);
    expect(step(plan.steps, 'make-token')).toEqual([]);
    expect(step(plan.steps, 'keep-token')).toMatchObject([{ service: 'ssh', generation: 1 }]);
    expect(step(plan.steps, 'assemble')[0]?.interrupts).toMatchObject({
      kind: 'new-connections',
      services: ['ssh'],
      seconds: 0.1,
    });
    const after = applied(wanted, host);
    expect(tokenOf(after, 'ssh.g1')).toBe(tokenOf(host, 'ssh.g1'));
    expect(planOne(wanted, after).changes).toEqual([]);
  });

  test('of another type keeps its token', () => {
    const wanted = server({ services: [DNS, { ...SSH, protocol: 'udp' }] });
    expect(tokenOf(applied(wanted, host), 'ssh.g1')).toBe(tokenOf(host, 'ssh.g1'));
  });

  test('forgotten by the playbook is reported and kept, with its public address', () => {
    const plan = planOne(server({ services: [DNS] }), host);
    expect(plan).toMatchObject({ changes: [], steps: [] });
    expect(plan.notes).toEqual([
      expect.stringContaining('service ssh is on the server but not in the playbook'),
    ]);
  });

  test('pruned: its fragments, its table and its listener go, and the forecast says so', () => {
    const wanted = server({ services: [DNS], prune: true });
    const plan = planOne(wanted, host);
    expect(step(plan.steps, 'remove-file').map(({ path }) => path)).toEqual([
      '/var/lib/reconcile/fragments/client/desktop/50-ssh.g1.toml',
      '/var/lib/reconcile/fragments/server/50-ssh.g1.toml',
    ]);
    expect(step(plan.steps, 'assemble')[0]?.interrupts).toMatchObject({ services: ['ssh'] });
    expect(step(plan.steps, 'assemble')[0]?.interrupts).not.toHaveProperty('seconds');
    const reasons = plan.steps.flatMap(({ interrupts }) => interrupts?.reason ?? []);
    expect(reasons.filter((reason) => reason.includes('survive'))).toEqual([]);
    expect(reasons).toContain('ssh is removed: its 0 live connections end');
    const after = applied(wanted, host);
    expect(tomlOf(after)).not.toContain('ssh');
    expect(planOne(wanted, after).changes).toEqual([]);
  });

  test('renamed comes up in the other slot, beside its old name', () => {
    const renamed = server({ services: [DNS, { ...SSH, name: 'shell' }] });
    const plan = planOne(renamed, host);
    expect(rules(plan)).toEqual([]);
    expect(step(plan.steps, 'make-token')).toMatchObject([{ service: 'shell', generation: 2 }]);
    const after = applied(renamed, host);
    expect(tomlOf(after)).toContain('127.77.8.174:1019');
    expect(tomlOf(after)).toContain('127.78.8.174:1019');
    expect(planOne(renamed, after)).toMatchObject({
      changes: [],
      notes: [
        expect.stringContaining('ssh is on the server'),
        'ssh and shell have one address: visitors come to either, and neither can be rotated until `prune: true` removes ssh',
      ],
    });
    expect(planOne(server({ services: [DNS, { ...SSH, name: 'shell' }], prune: true }), after).notes).toEqual(
      [],
    );
  });

  test.each(['blue-green', 'in-place'] as const)(
    'offered by another client begins anew with a token of its own (%s)',
    (cutover) => {
      const ssh = { ...SSH, cutover };
      const there = settled(server({ services: [DNS, ssh] }));
      const wanted = server({ services: [DNS, { ...ssh, client: 'laptop' }] });
      const plan = planOne(wanted, there);
      expect(step(plan.steps, 'make-token')).toMatchObject([{ service: 'ssh', generation: 2 }]);
      expect(step(plan.steps, 'keep-token')).toEqual([]);
      expect(step(plan.steps, 'assemble')[0]?.interrupts).toMatchObject({
        kind: 'new-connections',
        services: ['ssh'],
        reason: expect.stringContaining("until their new clients' next pull"),
      });
      expect(step(plan.steps, 'cut-connections')).toEqual([]);
      const causes = plan.changes.filter(({ target }) => target === 'rotation of ssh');
      expect(causes).toMatchObject([{ cause: 'moves from client desktop to laptop' }]);
      const after = applied(wanted, there);
      const files = readValue(after.files);
      expect(files['/var/lib/reconcile/fragments/client/laptop/50-ssh.g2.toml']).toBeDefined();
      expect(files['/var/lib/reconcile/fragments/client/desktop/50-ssh.g1.toml']).toBeUndefined();
      expect(files['/var/lib/reconcile/pull/desktop/client.toml']?.text).not.toContain('ssh');
      const old = /token = "(.*)"/.exec(readValue(there.files)[FRAGMENT]?.text ?? '')?.[1] ?? '';
      expect(Object.values(files).filter(({ text }) => text?.includes(old))).toEqual([]);
      expect(planOne(wanted, after)).toMatchObject({ changes: [], steps: [] });
    },
  );

  test('of in-place cutover stays as it is over a second plan, and can change to blue-green', () => {
    const inPlace = server({ services: [DNS, { ...SSH, cutover: 'in-place' }] });
    const there = settled(inPlace);
    expect(tomlOf(there)).toContain('[server.services.ssh]');
    expect(planOne(inPlace, there).changes).toEqual([]);
    const plan = planOne(server(), there);
    expect(rules(plan)).toEqual([]);
    const interrupts = { kind: 'new-connections', services: ['ssh'] };
    const pull =
      "until their clients' next pull: rathole knows ssh by another name; live connections survive";
    expect(step(plan.steps, 'assemble')[0]).toMatchObject({ interrupts: { ...interrupts, reason: pull } });
    expect(step(plan.steps, 'assemble')[0]?.interrupts).not.toHaveProperty('seconds');
    expect(planOne(server(), applied(server(), there)).changes).toEqual([]);
    const alone = planOne(server({ services: [SSH], prune: true }), there);
    expect(step(alone.steps, 'assemble')[0]).toMatchObject({
      interrupts: { services: ['dns', 'ssh'], reason: `${pull}; dns removed` },
    });
  });

  test('written by hand is kept as a fragment, and pruned on request', () => {
    const text = `${tomlOf(host)}\n[server.services.extra]\ntype = "tcp"\ntoken = "{{fingerprint 12345678}}"\nbind_addr = "0.0.0.0:9000"\n`;
    const files = readValue(host.files);
    const old = files[TOML];
    if (old === undefined) throw new Error('there is no server.toml');
    const facts = {
      ...host,
      files: present({ ...files, [TOML]: { ...old, text, sha256: 'ed'.repeat(32) } }),
    };
    const kept = applied(server(), facts);
    expect(tokenOf(kept, 'extra')).toBe('{{fingerprint 12345678}}');
    expect(planOne(server(), kept)).toMatchObject({ changes: [], notes: [expect.stringContaining('extra')] });
    expect(tomlOf(applied(server({ prune: true }), facts))).not.toContain('extra');
  });
});

describe('in place', () => {
  const at = (address: string, port: number) =>
    ({ ...SSH, cutover: 'in-place', bind: { address, port } }) as const;
  const interruption = (from: typeof SSH, to: typeof SSH) => {
    const plan = planOne(server({ services: [DNS, to] }), settled(server({ services: [DNS, from] })));
    return step(plan.steps, 'assemble')[0]?.interrupts;
  };

  test.each([
    ['another port', at('0.0.0.0', 9000), at('0.0.0.0', 9001)],
    ['fewer addresses', at('0.0.0.0', 9000), at('127.0.0.1', 9000)],
    ['the other family', at('::1', 9000), at('0.0.0.0', 9000)],
    ['another protocol', at('0.0.0.0', 9000), { ...at('0.0.0.0', 9000), protocol: 'udp' as const }],
  ])('an address that is given up refuses for good: %s', (_, from, to) => {
    const found = interruption(from, to);
    expect(found).toMatchObject({ kind: 'new-connections', services: ['ssh'] });
    expect(found?.reason).toMatch(/^public addresses of ssh are given up; .*live connections survive$/);
    expect(found).not.toHaveProperty('seconds');
  });

  test.each([
    ['all addresses', at('127.0.0.1', 9000), at('0.0.0.0', 9000)],
    ['both families', at('0.0.0.0', 9000), at('::', 9000)],
    ['the same', at('0.0.0.0', 9000), { ...at('0.0.0.0', 9000), nodelay: false }],
  ])('an address that goes on pauses: %s', (_, from, to) => {
    expect(interruption(from, to)).toMatchObject({ services: ['ssh'], seconds: 0.1 });
  });
});

describe('a rotation in progress', () => {
  const pending = withPending(host);

  test('is left alone, and said', () => {
    expect(planOne(server({ services: both }), pending)).toMatchObject({
      changes: [],
      notes: [
        'service ssh is in the middle of a rotation; what the playbook changes of it waits for its end',
      ],
    });
  });

  test('survives a change of another service', () => {
    const wanted = server({ services: [{ ...DNS, bind: { address: '0.0.0.0', port: 5354 } }, SSH] });
    const plan = planOne(wanted, pending);
    expect(step(plan.steps, 'write-file').filter(({ path }) => path.includes('ssh'))).toEqual([]);
    const after = applied(wanted, pending);
    expect(tokenOf(after, 'ssh.g1')).toBe(tokenOf(pending, 'ssh.g1'));
    expect(tokenOf(after, 'ssh.g2')).toBe('{{fingerprint 22222222}}');
  });
});

/** As the host's own program leaves it: a second fragment on each side, joined, and the pending file. */
function withPending(facts: Facts): Facts {
  const files = { ...readValue(facts.files) };
  for (const folder of ['server', 'client/desktop']) {
    const old = files[`/var/lib/reconcile/fragments/${folder}/50-ssh.g1.toml`];
    if (old?.text === undefined) throw new Error('there is no fragment');
    const text = old.text
      .replaceAll('ssh.g1', 'ssh.g2')
      .replace('"generation":1', '"generation":2')
      .replace('127.78.', '127.77.')
      .replace(/fingerprint \w+/, 'fingerprint 22222222');
    files[`/var/lib/reconcile/fragments/${folder}/50-ssh.g2.toml`] = { ...old, text };
    const toml = files[TOML];
    if (folder === 'server' && toml !== undefined) files[TOML] = { ...toml, text: `${toml.text}${text}` };
  }
  const record = recordText({
    ...{ phase: 'staged', current: 1, next: 2, highest: 2, stagedAt: 1_000, finalizeAt: 1_900 },
    rotatedAt: 1_000,
  });
  const text = '{"generated":1,"finalize_at":2,"tokens":{"ssh.g2":"{{fingerprint 22222222}}"}}';
  const file = { type: 'file', owner: 'root', group: 'root', mode: '0600', modified: 1, text } as const;
  const path = '/var/lib/reconcile/rotation/ssh/record';
  const rotations = { ...readValue(facts.rotations), ssh: parseRecord(record.trimEnd()) };
  return {
    ...facts,
    files: present({
      ...files,
      '/etc/rathole/pending-tokens.json': file,
      [path]: { ...files[path], text: record },
    }),
    rotations: present(rotations),
  } as Facts;
}

describe('what a step interrupts', () => {
  test('a reload of nginx: the flows of UDP services that are served by then', () => {
    const reload = (before: DesiredServer, wanted: DesiredServer) =>
      step(planOne(wanted, settled(before)).steps, 'reload-nginx').map(
        ({ interrupts }) => interrupts?.services,
      );
    const tcp = server({ services: [SSH] });
    const both = server({ services: [SSH, DNS] });
    expect(reload(tcp, both)).toEqual([undefined]);
    expect(
      reload(
        both,
        server({ services: [SSH, DNS, service('web', { bind: { address: '0.0.0.0', port: 8080 } })] }),
      ),
    ).toEqual([['dns']]);
  });

  test('a change outside of the services restarts all of them inside rathole', () => {
    const plan = planOne(server({ heartbeatInterval: 20 }), host);
    expect(step(plan.steps, 'assemble')[0]?.interrupts).toMatchObject({ services: [], seconds: 0.6 });
    expect(kinds(plan)).not.toContain('restart-unit');
  });

  test('another version of rathole ends the live connections, as many as there are', () => {
    const facts = {
      ...host,
      listeners: present([
        ...readValue(host.listeners),
        listener('tcp', '127.78.8.174', 1019, 'rathole', 700),
      ]),
      connections: present({ '127.78.8.174:1019': 7, '0.0.0.0:22': 3 }),
    };
    const plan = planOne(server({ rathole: { version: '0.5.1', sha256: 'cd'.repeat(32) } }), facts);
    expect(step(plan.steps, 'restart-unit')).toMatchObject([
      { unit: 'rathole-server.service', interrupts: { kind: 'live-connections', connections: 7 } },
    ]);
  });

  test('an address that becomes its wildcard takes a restart of nginx, for a reload cannot', () => {
    const wanted = server({ services: [DNS, { ...SSH, bind: { address: '0.0.0.0', port: 2222 } }] });
    const plan = planOne(wanted, host);
    expect(rules(plan)).toEqual([]);
    expect(step(plan.steps, 'restart-unit')).toMatchObject([{ unit: 'nginx.service' }]);
  });
});
