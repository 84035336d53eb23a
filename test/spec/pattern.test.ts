import { describe, expect, test } from 'vitest';
import { loadInventorySpec } from '../../src/spec/index.ts';
import { matchesGlob } from '../../src/spec/inventory/glob.ts';
import { limitHosts, onlyHosts } from '../../src/spec/inventory/limit.ts';
import { textSources } from './cases.ts';

const { inventory } = loadInventorySpec(
  textSources(
    '',
    `eu: { hosts: { "eu[1:4]": } }
us: { hosts: { "us[1:3]": } }
stable: { hosts: { eu1: , eu2: , us1: } }
empty:
`,
  ).inventory,
);

test.each([
  ['all', 'eu1 eu2 eu3 eu4 us1 us2 us3'],
  ['*', 'eu1 eu2 eu3 eu4 us1 us2 us3'],
  ['eu2', 'eu2'],
  ['eu:us1', 'eu1 eu2 eu3 eu4 us1'],
  ['eu1,us1', 'eu1 us1'],
  ['eu:&stable', 'eu1 eu2'],
  ['&stable:eu', 'eu1 eu2'],
  ['eu:!stable', 'eu3 eu4'],
  ['!stable:eu:!eu4', 'eu3'],
  ['!eu', 'us1 us2 us3'],
  ['*1', 'eu1 us1'],
  ['?[us]?', 'eu1 eu2 eu3 eu4 us1 us2 us3'],
  ['eu[!1-3]', 'eu4'],
  ['us[0]', 'us1'],
  ['us[-1]', 'us3'],
  ['us[0:1]', 'us1 us2'],
  ['us[1:]', 'us2 us3'],
  ['all:&stable:!eu1', 'eu2 us1'],
])('--limit %s', (pattern, names) => {
  expect([...limitHosts(inventory, pattern)].join(' ')).toBe(names);
});

test.each(['eu9', 'eu:!eu9', '~eu.*', '@retry', 'us[3]', 'empty', 'x*', '!', '', ' , ', '['.repeat(100_000)])(
  '--limit %.20s is refused with a remedy',
  (pattern) => {
    expect(() => limitHosts(inventory, pattern)).toThrow(
      expect.objectContaining({ code: 'invalid', remedy: expect.stringMatching(/\S/) }),
    );
  },
);

test('a limited inventory keeps its groups', () => {
  const limited = onlyHosts(inventory, limitHosts(inventory, 'stable:!us1'));
  expect(limited.hosts.map((host) => host.name)).toEqual(['eu1', 'eu2']);
  expect(limited.groups.find((group) => group.name === 'us')?.allHosts).toEqual([]);
});

describe('globs', () => {
  test.each([
    ['edge', 'edge', true],
    ['edge', 'ed*', true],
    ['edge', '*e', true],
    ['edge', '*x*', false],
    ['edge', 'e?g?', true],
    ['edge', 'e?g', false],
    ['edge3', 'edge[0-9]', true],
    ['edgex', 'edge[!0-9]', true],
    ['edge]', 'edge[]]', true],
    ['a[b', 'a[b', true],
    ['', '*', true],
  ])('%s against %s', (text, glob, expected) => {
    expect(matchesGlob(text, glob)).toBe(expected);
  });

  test('many stars take no exponential time', () => {
    // A backtracking matcher would not come to an end within the test's time limit.
    expect(matchesGlob('a'.repeat(2000), `${'*a'.repeat(500)}*b`)).toBe(false);
  });
});
