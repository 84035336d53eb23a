import type { ErrorObject } from 'ajv';
import { inventory, playbook, vars } from '#validators';
import type { Plain } from '../yaml/located.ts';

const VALIDATORS = { inventory, playbook, vars };
export type SchemaName = keyof typeof VALIDATORS;

/** What ajv holds against a value, with the schema that says so. */
export type SchemaError = ErrorObject;

/** Checks a value against one of our schemas; nothing is converted or filled in. */
export function schemaErrors(name: SchemaName, value: Plain): readonly SchemaError[] {
  const validate = VALIDATORS[name];
  return validate(value) ? [] : (validate.errors ?? []);
}
