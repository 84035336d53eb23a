import { describe, expect, test } from 'vitest';
import {
  FINALIZE_TIMER,
  FOLD_TIMER,
  NGINX_UNIT,
  PENDING,
  SERVER_TOML,
  SERVER_UNIT,
} from '../../../src/artifacts/paths.ts';
import type { Facts, ObservedUnit } from '../../../src/model/observed.ts';
import { present } from '../../../src/model/reading.ts';
import { readValue, withFile } from '../facts.ts';
import { statusOf, WELL } from './host.ts';

function withUnit(facts: Facts, name: string, change: Partial<ObservedUnit> | undefined): Facts {
  const { [name]: old, ...others } = readValue(facts.units);
  if (old === undefined) throw new Error(`there is no ${name}`);
  return {
    ...facts,
    units: present(change === undefined ? others : { ...others, [name]: { ...old, ...change } }),
  };
}

const saidOf = (facts: Facts) =>
  statusOf(facts)
    .attention.filter(({ subject }) => subject.kind === 'host' && subject.name === 'vps1')
    .map(({ rule, message }) => `${rule}: ${message}`);

test('nothing is said of a host that is well', () => {
  expect(saidOf(WELL)).toEqual([]);
});

describe.each([SERVER_UNIT, NGINX_UNIT, FINALIZE_TIMER, FOLD_TIMER])('%s', (name) => {
  test('that was stopped, disabled, masked or removed is named', () => {
    const stopped = `not-running: ${name} does not run`;
    expect(saidOf(withUnit(WELL, name, { active: 'inactive' }))).toEqual([stopped]);
    expect(saidOf(withUnit(WELL, name, undefined))).toEqual([stopped]);
    expect(saidOf(withUnit(WELL, name, { enabled: 'disabled' }))).toEqual([
      `not-enabled: ${name} does not start with the host: it is disabled`,
    ]);
    expect(saidOf(withUnit(WELL, name, { load: 'masked', active: 'inactive', enabled: '' }))).toEqual([
      stopped,
      `not-enabled: ${name} does not start with the host: it is masked`,
    ]);
  });
});

describe('server.toml', () => {
  const text = readValue(WELL.files)[SERVER_TOML]?.text ?? '';

  test.each([
    ['is half written', { text: text.slice(0, -20) }, /makes no sense: not TOML/],
    ['is empty', { text: undefined }, /makes no sense: it is empty/],
    [
      'cannot be told apart from secrets',
      { text: undefined, withheld: 'line 5 is odd' },
      /makes no sense: line 5 is odd/,
    ],
    ['cannot be read', { text: undefined, unreadable: 'Input/output error' }, /Input\/output error/],
    ['is a symlink', { type: 'symlink', target: '/tmp/x' }, /server\.toml/],
    [
      'has a key that rathole does not know',
      { text: `${text}noodelay = true\n` },
      /rathole ignores .*server\.toml: the service ssh\.g1 has the unknown key noodelay/,
    ],
    ['is missing', undefined, /server\.toml is missing/],
  ] as const)('that %s is named', (_, change, message) => {
    const facts = withFile(WELL, SERVER_TOML, change as Parameters<typeof withFile>[2]);
    expect(saidOf(facts)).toEqual([expect.stringMatching(/^server-toml-ignored: /)]);
    expect(saidOf(facts)[0]).toMatch(message);
  });
});

test('a pending-tokens.json that makes no sense is named', () => {
  const file = readValue(WELL.files)[SERVER_TOML];
  if (file === undefined) throw new Error('there is no server.toml');
  const facts = {
    ...WELL,
    files: present({ ...readValue(WELL.files), [PENDING]: { ...file, text: '{"tok' } }),
  };
  expect(saidOf(facts)).toEqual([expect.stringMatching(/^pending-invalid: .*pending-tokens\.json/)]);
});
