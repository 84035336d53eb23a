import { readdirSync } from 'node:fs';
import { expect, test } from 'vitest';
import { FIRST, STEADY } from './order.ts';

const files = readdirSync(import.meta.dirname, { recursive: true, encoding: 'utf8' });

test('whatever the order names is there', () => {
  const missing = FIRST.filter((name) => !files.some((file) => file.startsWith(`${name}.`)));
  expect(missing).toEqual([]);
  const labs = STEADY.map(({ lab }) => `${lab}.lab.test.ts`);
  expect(files).toEqual(expect.arrayContaining(labs));
});

test('every test file ends as npm test looks for', () => {
  const tests = files.filter((file) => /\.(test|spec)\.\w+$/.test(file));
  expect(tests.length).toBeGreaterThan(100);
  expect(tests.filter((file) => !file.endsWith('.test.ts'))).toEqual([]);
});
