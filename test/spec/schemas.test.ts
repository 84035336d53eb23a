import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import inventorySchema from '../../schemas/inventory.schema.json' with { type: 'json' };
import playbookSchema from '../../schemas/playbook.schema.json' with { type: 'json' };
import { parseEndpoint, parseSocketAddress } from '../../src/spec/address.ts';

/** Without our formats and keywords: what an editor makes of a schema. */
function plainAjv(schema: object & { $id: string }): Ajv2020 {
  return new Ajv2020({
    strict: false,
    validateFormats: false,
    discriminator: true,
    schemas: [schema],
    logger: false,
  });
}

interface WithExamples {
  readonly examples?: readonly unknown[];
  readonly default?: unknown;
}

/** Every schema in a schema, with its JSON pointer. */
function* walk(value: unknown, pointer: string): Generator<readonly [string, WithExamples]> {
  if (value === null || typeof value !== 'object') return;
  if (!Array.isArray(value) && /\/(properties|\$defs)\/[^/]+$/.test(pointer)) yield [pointer, value];
  for (const [key, below] of Object.entries(value)) {
    if (key !== 'examples' && key !== 'default')
      yield* walk(below, `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`);
  }
}

describe.each([
  ['playbook', playbookSchema],
  ['inventory', inventorySchema],
])('%s: every example and default is right', (_, schema) => {
  const ajv = plainAjv(schema);
  const samples = [...walk(schema, '')].flatMap(([pointer, { examples = [], default: fallback }]) =>
    [...examples, ...(fallback === undefined ? [] : [fallback])].map((sample) => ({ pointer, sample })),
  );

  test.each(samples)('$pointer', ({ pointer, sample }) => {
    const validate = ajv.compile({ $ref: `${schema.$id}#${pointer.replaceAll('$', '%24')}` });
    expect(validate(sample), JSON.stringify(validate.errors)).toBe(true);
  });

  test('there are some', () => {
    expect(samples.length).toBeGreaterThan(10);
  });
});

test.each([
  ['127.0.0.1:22', { address: '127.0.0.1', port: 22 }],
  ['[::]:65535', { address: '::', port: 65_535 }],
  ['[2001:DB8:0:0:0:0:0:7]:1', { address: '2001:db8::7', port: 1 }],
  ['[1:0:0:2:0:0:0:3]:1', { address: '1:0:0:2::3', port: 1 }],
  ['[::ffff:192.0.2.1]:1', { address: '::ffff:c000:201', port: 1 }],
  ['[0:0:0:0:0:0:0:1]:1', { address: '::1', port: 1 }],
  ['[1:2:3:4:5:6:7::]:1', { address: '1:2:3:4:5:6:7:0', port: 1 }],
  ['[1:2:3:4:5:6:7:8:9]:1', undefined],
  ['[1::2::3]:1', undefined],
  ['[12345::]:1', undefined],
  ['127.0.0.1:0', undefined],
  ['127.0.0.1:65536', undefined],
  ['127.0.0.1.1:1', undefined],
  ['127.0.0:1', undefined],
  ['01.2.3.4:1', undefined],
  ['localhost:1', undefined],
])('%s as an address to listen on', (text, expected) => {
  expect(parseSocketAddress(text)).toEqual(expected);
});

test('a service behind a client may be a name', () => {
  expect(parseEndpoint('nas.lan:445')).toEqual({ host: 'nas.lan', port: 445 });
});
