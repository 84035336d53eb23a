import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { OPERATIONS, ORDER_OF_OPERATIONS, SETTLE_SECONDS } from '../../../src/model/rotation/operations.ts';
import { RULES } from '../../../src/model/rotation/table.ts';
import type { Rule } from '../../../src/model/rotation.ts';
import { KEY_OPERATIONS, KEY_RULES, ORDER_OF_KEY_OPERATIONS } from '../../../src/planner/rotation/keys.ts';

const page = readFileSync(join(import.meta.dirname, '../../../docs/rotation.md'), 'utf8');

/** One row of a Markdown table. */
const row = (...cells: readonly string[]) => `| ${cells.join(' | ')} |`;

const facts = (when: Rule['when'] | (typeof KEY_RULES)[number]['when']) =>
  Object.entries(when)
    .map(([name, values]) => `${name}: ${Array.isArray(values) ? values.join(' or ') : String(values)}`)
    .join('; ') || 'else';

test.each(RULES)('the page has the rule $name as it is', ({ name, when, verdict, reason }) => {
  expect(page).toContain(row(`\`${name}\``, facts(when), `**${verdict}**`, reason));
});

test('what was decided is told alike while it is under way and once it was cut off', () => {
  const unfinished = [...RULES, ...KEY_RULES].filter(({ name }) => name.endsWith('-unfinished'));
  expect(unfinished.filter(({ reason }) => !/was (decided|declared) already:/.test(reason))).toEqual([]);
  expect(unfinished).toHaveLength(8);
});

test.each(KEY_RULES)('the page has the rule $name of keys as it is', ({ name, when, verdict, reason }) => {
  expect(page).toContain(row(`\`${name}\``, facts(when), `**${verdict}**`, reason));
});

test('the page has the rules in their order, and no others', () => {
  const named = [...page.matchAll(/^\| `([a-z-]+)` \| .* \| \*\*[a-z]+\*\* \|/gm)].map((match) => match[1]);
  expect(named).toEqual([...RULES, ...KEY_RULES].map(({ name }) => name));
});

test.each([...Object.entries(ORDER_OF_OPERATIONS), ...Object.entries(ORDER_OF_KEY_OPERATIONS)])(
  'the page has the operations of %s',
  (action, operations) => {
    expect(page).toContain(row(`**${action}**`, operations.join(' → ')));
  },
);

test.each([...Object.entries(OPERATIONS), ...Object.entries(KEY_OPERATIONS)])(
  'the page says what the operation %s does',
  (operation, does) => {
    expect(page).toContain(row(operation, does));
  },
);

test('the page names the time that server.toml needs to settle', () => {
  expect(page).toContain(`less than ${SETTLE_SECONDS} seconds ago`);
});
