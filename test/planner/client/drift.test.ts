import { describe, expect, test } from 'vitest';
import type { Facts } from '../../../src/model/observed.ts';
import { present } from '../../../src/model/reading.ts';
import { server } from '../desired.ts';
import { withFile } from '../facts.ts';
import { kinds } from '../settled.ts';
import {
  client,
  edited,
  FOLDER,
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

describe('drift', () => {
  const other = { ...client, heldKeys: present({ 'home-vps1': 'ff'.repeat(32) }) };
  test.each<[string, Facts, string, RegExp, readonly string[]]>([
    ['an edited sync step', edited(SYNC), SYNC, /text differs/, ['write-file', 'poll']],
    [
      'an edited unit of rathole',
      edited(`${UNITS}/rathole-client@.service`),
      `${UNITS}/rathole-client@.service`,
      /text differs/,
      ['backup', 'write-file', 'reload-systemd', 'poll', 'restart-unit'],
    ],
    [
      'an edited timer',
      edited(`${UNITS}/reconcile-sync@.timer`),
      `${UNITS}/reconcile-sync@.timer`,
      /text differs/,
      ['backup', 'write-file', 'reload-systemd', 'poll', 'restart-unit'],
    ],
    [
      'a stopped timer',
      withUnit(TIMER, { active: 'inactive' }),
      `unit ${TIMER}`,
      /it is inactive/,
      ['poll', 'start-unit'],
    ],
    [
      'a disabled timer',
      withUnit(TIMER, { enabled: 'disabled' }),
      `unit ${TIMER}`,
      /it is disabled/,
      ['enable-unit', 'reload-systemd', 'poll'],
    ],
    [
      'a stopped rathole',
      withUnit(RATHOLE, { active: 'inactive' }),
      `unit ${RATHOLE}`,
      /it is inactive/,
      ['poll', 'start-unit'],
    ],
    [
      'a failed rathole',
      withUnit(RATHOLE, { active: 'failed' }),
      `unit ${RATHOLE}`,
      /it is failed/,
      ['poll', 'start-unit'],
    ],
    [
      'a rathole of other origin',
      withUnit(RATHOLE, { executable: '/usr/bin/rathole' }),
      `unit ${RATHOLE}`,
      /it runs \/usr\/bin\/rathole/,
      ['poll', 'restart-unit'],
    ],
    [
      'units that systemd has not read',
      withUnit(RATHOLE, { needDaemonReload: true }),
      `unit ${RATHOLE}`,
      /not loaded/,
      ['reload-systemd', 'poll'],
    ],
    [
      'a missing key',
      { ...withFile(client, `${FOLDER}/key`, undefined), heldKeys: present({}) },
      `${FOLDER}/key`,
      /absent/,
      ['write-file', 'poll'],
    ],
    ['a key that the server does not know', other, `${FOLDER}/key`, /does not know/, ['write-file', 'poll']],
    [
      'a key for everybody',
      withFile(client, `${FOLDER}/key`, { mode: '0644' }),
      `${FOLDER}/key`,
      /mode is 0644/,
      ['set-ownership', 'poll'],
    ],
    [
      'a key of another owner',
      withFile(client, `${FOLDER}/key`, { owner: 'me' }),
      `${FOLDER}/key`,
      /owner is me/,
      ['set-ownership', 'poll'],
    ],
    [
      'a missing sync.conf',
      withFile(client, `${FOLDER}/sync.conf`, undefined),
      `${FOLDER}/sync.conf`,
      /absent/,
      ['write-file', 'poll'],
    ],
    [
      'a sync.conf that leads elsewhere',
      withFile(client, `${FOLDER}/sync.conf`, { text: 'server = https://elsewhere.example\n' }),
      `${FOLDER}/sync.conf`,
      /does not lead to tunnel\.example\.net/,
      ['write-file', 'poll'],
    ],
    [
      'a missing client.toml',
      withFile(client, `${FOLDER}/client.toml`, undefined),
      `${FOLDER}/client.toml`,
      /absent/,
      ['poll'],
    ],
    [
      'another authority',
      edited(`${FOLDER}/ca.pem`),
      `${FOLDER}/ca.pem`,
      /not the server's/,
      ['write-file', 'poll', 'restart-unit'],
    ],
    [
      'a link to another rathole',
      withFile(client, `${FOLDER}/rathole`, { target: '/opt/rathole' }),
      `${FOLDER}/rathole`,
      /another rathole/,
      ['make-link', 'poll', 'restart-unit'],
    ],
  ])('%s is seen with its cause, and mended', (_, facts, target, cause, steps) => {
    const plan = planClient(facts);
    expect(plan.changes).toContainEqual(
      expect.objectContaining({ target, cause: expect.stringMatching(cause) }),
    );
    expect(kinds(plan)).toEqual(steps);
    expect(planClient(setUp(facts))).toMatchObject({ changes: [], steps: [] });
  });

  test('what is shown of a sync.conf has no hash of tokens in it', () => {
    const text = `server = https://elsewhere.example\npoll = 60\nclient_toml = ${'ab'.repeat(32)}\n`;
    const plan = planClient(withFile(client, `${FOLDER}/sync.conf`, { text }));
    expect(plan.changes).toMatchObject([{ before: 'server = https://elsewhere.example\npoll = 60\n' }]);
  });

  test('a restart of rathole says whose connections it ends, and how many', () => {
    const serving = { ...vps, connections: present({ '127.0.0.1:2222': 3, '0.0.0.0:5353': 9 }) };
    const { steps } = planClient(edited(`${UNITS}/rathole-client@.service`), wanted(), serving);
    expect(steps.at(-1)?.interrupts).toMatchObject({
      kind: 'live-connections',
      services: ['ssh'],
      connections: 3,
    });
  });

  test('a tunnel that forbids that is refused', () => {
    const careful = wanted([server({ forbidInterruptions: ['live-connections'] })]);
    const found = planClient(edited(`${UNITS}/rathole-client@.service`), careful);
    expect(found.refusals).toMatchObject([{ consent: 'interrupt-live-connections' }]);
  });
});
