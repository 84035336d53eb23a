import { describe, expect, test } from 'vitest';
import type { Facts } from '../../../src/model/observed.ts';
import { absent, present, unreadable } from '../../../src/model/reading.ts';
import { SHA, server } from '../desired.ts';
import { readValue, withFile } from '../facts.ts';
import { kinds, rules, targets } from '../settled.ts';
import {
  bare,
  client,
  edited,
  FOLDER,
  planBoth,
  planClient,
  RATHOLE,
  SYNC,
  setUp,
  TIMER,
  UNITS,
  vps,
  wanted,
  withUnit,
} from './machine.ts';

describe('a bare client', () => {
  const plan = planClient(bare);

  test('gets all that its bundle has, before anything starts, and polls before rathole does', () => {
    expect(plan.refusals).toEqual([]);
    expect(targets(plan)).toEqual(
      expect.arrayContaining([
        'user rathole',
        FOLDER,
        SYNC,
        `${UNITS}/rathole-client@.service`,
        `${UNITS}/rathole-client@.path`,
        `${UNITS}/reconcile-sync@.timer`,
        `${UNITS}/reconcile-sync@.service`,
        `${UNITS}/reconcile-first-sync@.service`,
        ...['ca.pem', 'sync.conf', 'key', 'rathole', 'client.toml'].map((name) => `${FOLDER}/${name}`),
        `unit ${RATHOLE}`,
        `unit ${TIMER}`,
      ]),
    );
    const enabling = ['enable-unit', 'enable-unit', 'enable-unit'];
    const starting = ['start-unit', 'start-unit', 'start-unit'];
    expect(kinds(plan).slice(-8)).toEqual([...enabling, 'reload-systemd', 'poll', ...starting]);
    expect(plan.steps.every(({ interrupts }) => interrupts === undefined)).toBe(true);
  });

  test('has no secret in its plan, only what stands for it', () => {
    const key = plan.steps.find((step) => 'path' in step && step.path === `${FOLDER}/key`);
    expect(key).toMatchObject({
      text: 'header = X-Api-Key:{{key home-vps1}}\n',
      mode: '0600',
      group: 'rathole',
    });
  });

  test('comes after its servers, and says which ones it joins', () => {
    expect(planBoth(bare).hosts.map(({ host }) => host)).toEqual(['vps1', 'desktop']);
    expect(plan.joins).toEqual([{ name: 'home-vps1', host: 'vps1' }]);
  });
});

test('a second plan is empty', () => {
  expect(planClient(client)).toMatchObject({ changes: [], steps: [], refusals: [], notes: [] });
});

test('what the digest says of a client follows its steps, and neither its key nor the time', () => {
  const { digest } = planBoth(client);
  expect(planBoth({ ...client, clock: present(9_999) }).digest).toBe(digest);
  expect(planBoth(edited(SYNC)).digest).not.toBe(digest);
});

describe('what changes with the playbook', () => {
  test('another rathole is installed, linked and started', () => {
    const newer = wanted([server({ rathole: { version: '0.5.1', sha256: 'cd'.repeat(32) } })]);
    expect(kinds(planClient(client, newer))).toEqual([
      'install-program',
      'make-link',
      'poll',
      'restart-unit',
    ]);
    expect(planClient(setUp(client, newer), newer)).toMatchObject({ changes: [], steps: [] });
  });

  test('a faster poll is a timer that fires more often', () => {
    const faster = wanted(undefined, { poll: 10 });
    expect(targets(planClient(client, faster))).toEqual(
      ['sync@.service', 'sync@.timer'].map((name) => `${UNITS}/reconcile-${name}`),
    );
  });

  test('a server with a certificate of its own takes the authority away', () => {
    const files = { mode: 'files', certificate: '/c', key: '/k' } as const;
    const plan = planClient(client, wanted([server({ tls: files })]));
    expect(plan.changes).toMatchObject([{ kind: 'delete', target: `${FOLDER}/ca.pem` }]);
    expect(kinds(plan)).toEqual(['remove-file', 'poll']);
  });

  test('nobody is told to make a bundle for it', () => {
    const notes = planBoth(client).hosts.flatMap((host) => host.notes);
    expect(notes).toEqual([]);
  });
});

describe('refused', () => {
  test('without a program for its architecture', () => {
    expect(
      rules(
        planClient(
          { ...bare, architecture: present('mips') },
          wanted([server({ rathole: { version: '0.5.0', sha256: { x86_64: SHA } } })]),
        ),
      ),
    ).toEqual(['no-program']);
  });

  test('when it was not seen as root, or something could not be read', () => {
    expect(rules(planClient({ ...bare, root: present(false) }))).toEqual(['not-root']);
    const found = planClient({ ...bare, heldKeys: unreadable('no') });
    expect(found).toMatchObject({ steps: [], refusals: [{ rule: 'unreadable' }] });
  });

  test('when a unit is masked, or a file stands where the link goes', () => {
    expect(rules(planClient(withUnit(TIMER, { load: 'masked' })))).toEqual(['unit-masked']);
    const file = withFile(client, `${FOLDER}/rathole`, { type: 'file' });
    expect(rules(planClient(file))).toEqual(['not-a-link']);
  });

  test('a file of somebody else takes a consent', () => {
    const facts = withFile(client, `${UNITS}/rathole-client@.service`, {
      sha256: '00'.repeat(32),
      text: 'mine\n',
    });
    expect(planClient(facts).refusals).toMatchObject([{ consent: 'replace-foreign-files' }]);
  });
});

test('of a server that could not be looked at, everything is left alone', () => {
  const plan = planClient(withUnit(TIMER, { active: 'inactive' }), wanted(), null);
  expect(plan).toMatchObject({ changes: [], steps: [], refusals: [] });
  expect(plan.notes).toEqual(['vps1 could not be looked at: what belongs to it is left alone']);
  expect(planClient(bare, wanted(), { ...vps, users: absent })).toMatchObject({
    steps: [],
    notes: plan.notes,
  });
});

describe('what is left of a server that it does not join any more', () => {
  const elsewhere = (name: string): Facts => {
    const move = (path: string) => path.replaceAll('home-vps1', name);
    const files = Object.fromEntries(
      Object.entries(readValue(client.files)).map(([path, file]) => [move(path), file]),
    );
    const units = Object.fromEntries(
      Object.entries(readValue(client.units)).map(([unit, state]) => [move(unit), state]),
    );
    return { ...client, files: present(files), units: present(units) };
  };
  const none = wanted([]);

  test('is removed with all that ran for it where the tunnel prunes, and with the last all that they share', () => {
    const plan = planClient(elsewhere('home-old'), none);
    expect(kinds(plan).slice(0, 4)).toEqual([
      'disable-unit',
      'disable-unit',
      'disable-unit',
      'remove-folder',
    ]);
    expect(targets(plan)).toEqual(
      expect.arrayContaining(['/etc/rathole/home-old', SYNC, `${UNITS}/rathole-client@.path`]),
    );
    expect(targets(plan).filter((each) => each.includes('/bin/rathole-0.5.0'))).toHaveLength(1);
    expect(kinds(plan).at(-1)).toBe('reload-systemd');
  });

  test('is kept and reported where it does not, or where nobody here knows the server', () => {
    expect(planClient(client, none)).toMatchObject({
      steps: [],
      notes: [expect.stringContaining('prune: true')],
    });
    const unknown = planClient(elsewhere('work-far'), none);
    expect(unknown).toMatchObject({ steps: [], notes: [expect.stringContaining('left alone')] });
  });
});
