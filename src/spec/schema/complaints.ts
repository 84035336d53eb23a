import type { Complaint, Findings } from '../findings.ts';
import { nearest } from '../suggest.ts';
import type { SchemaError } from './validators.ts';

/** Looking for what a word may have meant takes time: not for the thousandth mistake. */
const MAX_SUGGESTIONS = 200;

const RULE_BY_KEYWORD: Readonly<Record<string, string>> = {
  additionalProperties: 'unknown-key',
  required: 'missing-key',
  type: 'wrong-type',
  enum: 'wrong-value',
  const: 'wrong-value',
};

const TYPES: Readonly<Record<string, string>> = {
  string: 'a text',
  integer: 'a whole number',
  boolean: 'true or false',
  object: 'a mapping',
  array: 'a list',
};

/** The rule that an error stands for: by its keyword, or as the schema says (`x-rule`). */
export function ruleOf(error: SchemaError): string {
  const fixed = RULE_BY_KEYWORD[error.keyword];
  if (fixed !== undefined) return fixed;
  const declared = annotation(error, 'x-rule');
  return (error.keyword === 'pattern' || error.keyword === 'format') && declared ? declared : 'out-of-range';
}

/** @param found as it will be shown */
export function complaintAbout(error: SchemaError, found: string, findings: Findings): Complaint {
  const suggest = (word: unknown, candidates: readonly string[]) =>
    findings.size < MAX_SUGGESTIONS && typeof word === 'string' ? nearest(word, candidates) : undefined;
  switch (error.keyword) {
    case 'additionalProperties':
      return unknownKey(error, suggest);
    case 'required':
      return missingKey(String(error.params['missingProperty']));
    case 'type':
      return wrongType(error, found);
    case 'enum':
      return wrongValue(error, suggest);
    case 'pattern':
    case 'format':
      return {
        message: `this is not ${nameOf(error)}`,
        remedy: annotation(error, 'x-remedy') ?? 'see its description',
      };
    case 'x-duration':
      return outOfDuration(error);
    default:
      return outOfBounds(error);
  }
}

/** What a bound of JSON Schema asks for, in our words. */
function outOfBounds(error: SchemaError): Complaint {
  const limit = String(error.params['limit'] ?? '');
  switch (error.keyword) {
    case 'minProperties':
      return { message: 'this is empty', remedy: 'add at least one entry' };
    case 'maxLength':
      return { message: `this is longer than ${limit} characters`, remedy: 'shorten it' };
    case 'maxItems':
      return { message: `the list has more than ${limit} entries`, remedy: 'shorten it' };
    case 'uniqueItems':
      return { message: 'the list holds an entry twice', remedy: 'remove one of the two' };
    case 'minimum':
      return { message: 'the number is too small', remedy: `write ${limit} or more` };
    case 'maximum':
      return { message: 'the number is too large', remedy: `write ${limit} or less` };
    default:
      return {
        message: `this ${error.message ?? 'is not allowed'}`,
        remedy: 'write a value within these bounds',
      };
  }
}

type Suggest = (word: unknown, candidates: readonly string[]) => string | undefined;

function unknownKey(error: SchemaError, suggest: Suggest): Complaint {
  const allowed = Object.keys(propertiesOf(error.parentSchema));
  const near = suggest(error.params['additionalProperty'], allowed);
  const remedy = near ? `did you mean "${near}"?` : `remove it; known here: ${allowed.join(', ')}`;
  return { message: 'the key is unknown here', remedy };
}

function missingKey(key: string): Complaint {
  return { message: `the key "${key}" is missing`, remedy: `add ${key}: …` };
}

function wrongType(error: SchemaError, found: string): Complaint {
  const types = [error.params['type']].flat().filter((type) => type !== 'null');
  const message = `this must be ${types.map((type) => TYPES[type] ?? type).join(' or ')}`;
  const declared = error.data === null ? undefined : annotation(error, 'x-remedy');
  return { message, remedy: declared ?? remedyForType(String(types[0]), error.data, found) };
}

function remedyForType(expected: string, data: unknown, found: string): string {
  if (data === null) return 'add what belongs below the key, or remove the key';
  if (expected === 'string' && typeof data !== 'object')
    return `quote it, if it is meant as a text: "${found}"`;
  if (expected === 'boolean') return 'write true or false, without quotes';
  if (expected === 'integer') return 'write a whole number, without quotes';
  if (expected === 'array') return 'write a list: [a, b]';
  return expected === 'object' ? 'write keys and values: { key: value }' : 'write a single text';
}

function wrongValue(error: SchemaError, suggest: Suggest): Complaint {
  const allowed = (error.params['allowedValues'] as unknown[]).map(String);
  const near = suggest(error.data, allowed);
  const all = annotation(error, 'x-remedy') ?? `write one of: ${allowed.join(', ')}`;
  return {
    message: 'the value is not one of those allowed',
    remedy: near ? `did you mean "${near}"? ${all}` : all,
  };
}

function outOfDuration(error: SchemaError): Complaint {
  const { min, max } = error.schema as { min: string; max: string };
  return { message: 'the time span is out of range', remedy: `write a time from ${min} to ${max}` };
}

function nameOf(error: SchemaError): string {
  const rule = annotation(error, 'x-rule') ?? '';
  return rule.startsWith('bad-')
    ? `a valid ${rule.slice('bad-'.length).replaceAll('-', ' ')}`
    : 'a valid value';
}

function annotation(error: SchemaError, key: string): string | undefined {
  const value: unknown = error.parentSchema?.[key];
  return typeof value === 'string' ? value : undefined;
}

function propertiesOf(schema: unknown): object {
  return typeof schema === 'object' && schema !== null && 'properties' in schema
    ? Object(schema.properties)
    : {};
}
