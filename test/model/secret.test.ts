import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { Secret } from '../../src/model/secret.ts';

const secret = new Secret('hunter2');

test.each([
  ['interpolation', `${secret}`],
  ['concatenation', `${String(secret)}!`],
  ['JSON', JSON.stringify({ secret })],
  ['inspection', inspect({ deep: { secret } }, { depth: 9, showHidden: true })],
  ['a format string', inspect([secret])],
  ['its own keys', JSON.stringify(Object.entries(secret))],
])('a secret does not show in %s', (_, text) => {
  expect(text).not.toContain('hunter2');
});

test('its owner gets it whole', () => {
  expect(secret.reveal()).toBe('hunter2');
});
