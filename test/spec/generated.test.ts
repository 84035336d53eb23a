import { join } from 'node:path';
import { expect, test } from 'vitest';
import inventorySchema from '../../schemas/inventory.schema.json' with { type: 'json' };
import playbookSchema from '../../schemas/playbook.schema.json' with { type: 'json' };
import { RULES } from '../../src/spec/rules/index.ts';
import { READING_RULES } from '../../src/spec/rules/reading.ts';
import { renderReference, renderRules, type Schema } from './generate/reference.ts';
import { renderTypes } from './generate/types.ts';

/** `npm run generate` writes these files; here they must be what would be written. */
const ROOT = join(import.meta.dirname, '..', '..');

test('the types of a playbook are those of its schema', async () => {
  await expect(await renderTypes(playbookSchema)).toMatchFileSnapshot(
    join(ROOT, 'src/spec/playbook/source.ts'),
  );
});

test.each([
  ['playbook', playbookSchema],
  ['inventory', inventorySchema],
] as const)('the reference of the %s is made from its schema', async (name, schema) => {
  await expect(renderReference(schema as Schema)).toMatchFileSnapshot(
    join(ROOT, `docs/reference/${name}.md`),
  );
});

test('the reference of the rules names every rule', async () => {
  const rules = {
    ...READING_RULES,
    ...Object.fromEntries(RULES.map(({ id, why }) => [id, READING_RULES[id] ?? why])),
  };
  await expect(renderRules(rules)).toMatchFileSnapshot(join(ROOT, 'docs/reference/rules.md'));
});

/** Every schema below a schema that describes one key. */
function keysOf(schema: Schema): readonly (readonly [string, Schema])[] {
  const definitions = Object.values(schema.$defs ?? {});
  return [schema, ...definitions].flatMap((definition) => Object.entries(definition.properties ?? {}));
}

test.each([
  ['playbook', playbookSchema],
  ['inventory', inventorySchema],
] as const)('an editor can explain every key of the %s', (_, schema) => {
  const tags = ['mode', 'type'];
  const bare = keysOf(schema as Schema).filter(
    ([key, value]) => value.description === undefined && value.$ref === undefined && !tags.includes(key),
  );
  expect(bare).toEqual([]);
});
