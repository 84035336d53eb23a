import { describe, expect, test } from 'vitest';
import type { Facts } from '../../../src/model/observed.ts';
import type { Sighting } from '../../../src/model/pull.ts';
import { present } from '../../../src/model/reading.ts';
import type { Step } from '../../../src/model/step.ts';
import { plan } from '../../../src/planner/index.ts';
import { DNS, desired, OBSERVE_SCRIPT, SSH, server, service } from '../desired.ts';
import { readValue, withFile } from '../facts.ts';
import { applied, kinds, planOne, rules, settled, targets } from '../settled.ts';
import { simulate } from '../simulator.ts';

const host = settled();
const PULL = '/var/lib/reconcile/pull/desktop';
const files = (facts: Facts) => readValue(facts.files);
const textOf = (facts: Facts, path: string) => files(facts)[path]?.text ?? '';

/** The plan without the client in the YAML at all. */
const without = (client: string, facts: Facts, services = [DNS, SSH]) => {
  const wanted = desired(server({ services: services.filter((each) => each.client !== client) }));
  const clients = wanted.clients.filter(({ name }) => name !== client);
  const [found] = plan({ ...wanted, clients }, [{ host: 'vps1', facts }], OBSERVE_SCRIPT).hosts;
  if (found === undefined) throw new Error('there is no plan');
  return found;
};

describe('a client', () => {
  test('joins with a key made on the host, a folder for nginx alone, and its files', () => {
    expect(readValue(host.pulls).records).toMatchObject({
      attic: { phase: 'steady', current: 1, next: 0 },
      desktop: { phase: 'steady', current: 1, next: 0 },
    });
    const { owner, group, mode } = files(host)[PULL] ?? {};
    expect({ owner, group, mode }).toEqual({ owner: 'root', group: 'www-data', mode: '0750' });
    expect(files(host)['/etc/nginx/reconcile/keys.conf']?.mode).toBe('0600');
    expect(textOf(host, `${PULL}/client.toml`)).toContain('[client.services."ssh.g1"]');
    expect(textOf(host, `${PULL}/client.toml`)).not.toContain('dns');
  });

  test('keeps its key when its last service is taken out, for the next one', () => {
    const wanted = server({ services: [DNS], prune: true });
    const after = applied(wanted, host);
    expect(textOf(after, '/etc/nginx/reconcile/keys.conf')).toContain('desktop.k1');
    expect(textOf(after, `${PULL}/client.toml`)).not.toContain('ssh');
    expect(planOne(wanted, after)).toMatchObject({ changes: [], steps: [] });
  });

  test('that is not served yet needs its bundle, and says so once', () => {
    const wanted = server({
      services: [DNS, SSH, service('web', { client: 'laptop', bind: { address: '0.0.0.0', port: 80_80 } })],
    });
    expect(planOne(wanted, host).notes).toEqual([
      'laptop needs its bundle: `reconcile bundle laptop PLAYBOOK... -i INVENTORY --out FILE`',
    ]);
    expect(planOne(wanted, applied(wanted, host)).notes).toEqual([]);
  });

  test('hears of what it cannot pull', () => {
    const wanted = server({ rathole: { version: '0.5.1', sha256: 'cd'.repeat(32) } });
    expect(planOne(wanted, host).notes).toEqual([
      'needs a new bundle for rathole 0.5.1, which cannot be pulled: attic, desktop',
    ]);
    const slow = desired(server());
    const faster = { ...slow, clients: slow.clients.map((each) => ({ ...each, poll: 10 })) };
    const [found] = plan(faster, [{ host: 'vps1', facts: host }], OBSERVE_SCRIPT).hosts;
    expect(found?.notes).toEqual([
      'needs a new bundle for a poll each 10 s, which cannot be pulled: attic',
      'needs a new bundle for a poll each 10 s, which cannot be pulled: desktop',
    ]);
  });

  test('whose key is gone gets another one, and needs a new bundle', () => {
    const pulls = readValue(host.pulls);
    const facts = {
      ...withFile(host, '/var/lib/reconcile/keys/desktop.k1', undefined),
      pulls: present({ ...pulls, keys: pulls.keys.filter(({ client }) => client !== 'desktop') }),
    };
    const found = planOne(server(), facts);
    expect(kinds(found).slice(0, 3)).toEqual(['audit-secret', 'make-key', 'write-key-map']);
    expect(found.notes).toEqual([expect.stringContaining('desktop needs a new bundle')]);
    expect(planOne(server(), applied(server(), facts))).toMatchObject({ changes: [], steps: [] });
  });
});

describe('what is published', () => {
  const drift: readonly [string, string, (text: string) => string][] = [
    ['client.toml', 'edited', (text) => text.replace('127.0.0.1:22', '127.0.0.1:23')],
    ['client.toml', 'edited', (text) => text.replace(/fingerprint \w+/, 'fingerprint 00000000')],
    ['sync.conf', 'settings', (text) => text.replace('poll = 300', 'poll = 30')],
    ['sync.conf', 'another client.toml', (text) => text.replace(/client_toml = ..../, 'client_toml = 0000')],
    ['sync.conf', 'seal', (text) => text.replace(/sha256 ..../, 'sha256 0000')],
    ['config', 'no rotation', () => '{"status":"another"}\n'],
  ];

  test.each(drift)('%s that was changed by hand is published anew (%s)', (file, cause, change) => {
    const text = change(textOf(host, `${PULL}/${file}`));
    const facts = withFile(host, `${PULL}/${file}`, { text, sha256: 'ed'.repeat(32) });
    const found = planOne(server(), facts);
    // A broken seal of sync.conf shows as that alone.
    expect(found.changes[0]).toMatchObject({ target: `${PULL}/${file}` });
    expect(JSON.stringify(found.changes)).toContain(cause === 'another client.toml' ? 'seal' : cause);
    expect(found.steps).toEqual([{ kind: 'publish', client: 'desktop' }]);
    expect(JSON.stringify(found)).not.toContain('client_toml');
    expect(planOne(server(), applied(server(), facts))).toMatchObject({ changes: [], steps: [] });
  });

  test('a file that others may read is given back to nginx alone', () => {
    const facts = withFile(host, `${PULL}/client.toml`, { mode: '0644' });
    expect(planOne(server(), facts).steps).toEqual([
      { kind: 'set-ownership', path: `${PULL}/client.toml`, owner: 'root', group: 'www-data', mode: '0640' },
    ]);
  });

  test("a client's new poll interval reaches its sync.conf, and nobody else's", () => {
    const wanted = desired(server());
    const clients = wanted.clients.map((each) => (each.name === 'desktop' ? { ...each, poll: 60 } : each));
    const [found] = plan({ ...wanted, clients }, [{ host: 'vps1', facts: host }], OBSERVE_SCRIPT).hosts;
    expect(found?.steps.map(({ kind }) => kind)).toEqual(['write-file', 'publish']);
    expect(textOf(simulate(host, found?.steps ?? []), `${PULL}/sync.conf`)).toContain('poll = 60\n');
  });
});

describe('a client that is taken out of the YAML', () => {
  const found = without('desktop', host);
  const index = (match: (step: Step) => boolean) => found.steps.findIndex(match);

  test('loses key, folder and services, also without prune, and only after nginx has forgotten it', () => {
    const map = index(({ kind }) => kind === 'write-key-map');
    const reload = index(({ kind }) => kind === 'reload-nginx');
    const key = index((step) => step.kind === 'remove-file' && step.path.includes('/keys/'));
    const folder = index((step) => step.kind === 'remove-folder' && step.path === PULL);
    expect([map, reload, key, folder]).toEqual([map, reload, key, folder].sort((a, b) => a - b));
    expect(map).toBeGreaterThan(0);
    const after = simulate(host, found.steps);
    expect(Object.keys(files(after)).filter((path) => path.includes('desktop'))).toEqual([]);
    expect(textOf(after, '/etc/nginx/reconcile/keys.conf')).not.toContain('desktop');
    expect(textOf(after, '/etc/rathole/server.toml')).not.toContain('ssh');
    expect(without('desktop', after)).toMatchObject({ changes: [], steps: [], notes: [] });
  });

  test('takes its live connections with it, with a forecast that the playbook can forbid', () => {
    const facts = { ...host, connections: present({ '127.0.0.1:2222': 3 }) };
    const cut = without('desktop', facts).steps.find(({ kind }) => kind === 'cut-connections');
    expect(cut).toMatchObject({
      service: 'ssh',
      port: 2222,
      interrupts: { kind: 'live-connections', connections: 3 },
    });
    const wanted = server({ services: [DNS], prune: true, forbidInterruptions: ['live-connections'] });
    expect(planOne(wanted, host).refusals).toMatchObject([
      { rule: 'forbidden-interruption', consent: 'interrupt-live-connections' },
    ]);
  });

  test('where the kernel cannot end connections, it takes a consent', () => {
    const refused = without('desktop', { ...host, socketKill: present(false) });
    expect(refused.refusals).toMatchObject([{ rule: 'cannot-cut', consent: 'keep-live-connections' }]);
    expect(kinds(refused)).not.toContain('cut-connections');
  });

  test('and comes back under another name: a new key and new tokens', () => {
    const renamed = server({ services: [DNS, { ...SSH, client: 'laptop' }] });
    const wanted = desired(renamed);
    const clients = wanted.clients.filter(({ name }) => name !== 'desktop');
    const [back] = plan({ ...wanted, clients }, [{ host: 'vps1', facts: host }], OBSERVE_SCRIPT).hosts;
    expect(back?.refusals).toEqual([]);
    expect(back?.steps).toContainEqual({ kind: 'make-key', client: 'laptop', number: 1 });
    expect(back?.steps).toContainEqual({ kind: 'make-token', service: 'ssh', generation: 2 });
    expect(back?.notes.join('\n')).toMatch(/desktop has left[\s\S]*|laptop needs/);
  });
});

describe('a removed service', () => {
  test('whose address goes on under another name keeps its live connections', () => {
    const wanted = server({ services: [DNS, { ...SSH, name: 'shell' }], prune: true });
    expect(kinds(planOne(wanted, host))).not.toContain('cut-connections');
  });

  test('of UDP has none to cut', () => {
    expect(kinds(planOne(server({ services: [SSH], prune: true }), host))).not.toContain('cut-connections');
  });
});

describe('a domain that is served no more', () => {
  const moved = server({ domain: 'new.example.net' });
  const kept = server({ domain: 'new.example.net', formerDomains: ['tunnel.example.net'] });
  const told = (facts: Facts, clients: readonly string[]): Facts => {
    const pulls = readValue(facts.pulls);
    const seen = clients.map((client): Sighting => {
      const etag = pulls.published[client]?.['sync.conf'] ?? '';
      return { client, key: 1, file: 'sync.conf', status: 200, etag, at: 1 };
    });
    return { ...facts, pulls: present({ ...pulls, seen }) };
  };

  test('strands those that know no other: it takes former_domains or a consent', () => {
    expect(planOne(moved, told(host, ['attic', 'desktop'])).refusals).toMatchObject([
      { rule: 'domain-gone', consent: 'strand-clients', message: expect.stringContaining('attic, desktop') },
    ]);
    expect(rules(planOne(kept, host))).toEqual([]);
  });

  test('is let go without a word once every client was told', () => {
    const after = applied(kept, host);
    const refusal = planOne(moved, told(after, ['desktop'])).refusals;
    expect(refusal).toMatchObject([{ rule: 'domain-gone', message: expect.stringContaining('attic would') }]);
    expect(rules(planOne(moved, told(after, ['attic', 'desktop'])))).toEqual([]);
  });

  test('clients are told the new one', () => {
    expect(targets(planOne(kept, host))).toContain(`${PULL}/sync.conf`);
    expect(textOf(applied(kept, host), `${PULL}/sync.conf`)).toContain('server = https://new.example.net\n');
  });
});
