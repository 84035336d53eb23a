import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js';
import inventorySchema from '../../../schemas/inventory.schema.json' with { type: 'json' };
import playbookSchema from '../../../schemas/playbook.schema.json' with { type: 'json' };
import varsSchema from '../../../schemas/vars.schema.json' with { type: 'json' };
import { parseEndpoint, parseSocketAddress } from '../address.ts';
import { parseDuration } from '../duration.ts';
import type { Plain } from '../yaml/located.ts';

const SCHEMAS = { playbook: playbookSchema, inventory: inventorySchema, vars: varsSchema };
export type SchemaName = keyof typeof SCHEMAS;

/** What ajv holds against a value, with the schema that says so. */
export type SchemaError = ErrorObject;

let ajv: Ajv2020 | undefined;

/** Checks a value against one of our schemas; nothing is converted or filled in. */
export function schemaErrors(name: SchemaName, value: Plain): readonly SchemaError[] {
  ajv ??= createAjv();
  const validate = ajv.getSchema(SCHEMAS[name].$id) as ValidateFunction;
  return validate(value) ? [] : (validate.errors ?? []);
}

function createAjv(): Ajv2020 {
  const created = new Ajv2020({
    allErrors: true,
    verbose: true,
    strict: true,
    allowUnionTypes: true,
    discriminator: true,
    ownProperties: true,
    schemas: Object.values(SCHEMAS),
    formats: {
      'socket-address': (text: string) => parseSocketAddress(text) !== undefined,
      endpoint: (text: string) => parseEndpoint(text) !== undefined,
    },
    keywords: ['x-rule', 'x-remedy', { keyword: 'x-duration', validate: isWithin, errors: false }],
  });
  return created;
}

/** The `x-duration` keyword: a time span has a least and a greatest value. What is no time span is for `pattern`. */
function isWithin(bounds: { min: string; max: string }, text: unknown): boolean {
  const seconds = typeof text === 'string' ? parseDuration(text) : undefined;
  if (seconds === undefined) return true;
  return seconds >= (parseDuration(bounds.min) ?? 0) && seconds <= (parseDuration(bounds.max) ?? seconds);
}
