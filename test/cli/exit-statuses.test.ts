import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { EXIT_STATUS } from '../../src/model/errors.ts';

test('the documented exit statuses are the ones there are', () => {
  const text = readFileSync(join(import.meta.dirname, '../../docs/exit-statuses.md'), 'utf8');
  const documented = [...text.matchAll(/^\| +(\d+) +\| +(\w+) +\|/gm)].map(([, status, name]) => [
    name,
    Number(status),
  ]);
  expect(Object.fromEntries(documented)).toEqual(EXIT_STATUS);
});
