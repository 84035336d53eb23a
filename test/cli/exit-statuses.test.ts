import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { EXIT_STATUS } from '../../src/model/errors.ts';
import { ATTENTION_RULES } from '../../src/model/status.ts';

const text = readFileSync(join(import.meta.dirname, '../../docs/exit-statuses.md'), 'utf8');

test('the documented exit statuses are the ones there are', () => {
  const documented = [...text.matchAll(/^\| +(\d+) +\| +(\w+) +\|/gm)].map(([, status, name]) => [
    name,
    Number(status),
  ]);
  expect(Object.fromEntries(documented)).toEqual(EXIT_STATUS);
});

test('what is documented to call attention is what does', () => {
  const documented = [...text.matchAll(/^\| `([a-z-]+)` \| (.+) \|$/gm)].map(([, name, meaning]) => [
    name,
    meaning,
  ]);
  expect(Object.fromEntries(documented)).toEqual(ATTENTION_RULES);
});
