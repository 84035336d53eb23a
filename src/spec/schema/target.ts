import type { Path } from '../yaml/located.ts';
import type { SchemaError } from './validators.ts';

/** The value or key that an error is about; for a missing key, the mapping that lacks it. */
export function targetOf(error: SchemaError): Path {
  const path = error.instancePath.split('/').slice(1).map(unescapePointer);
  if (error.keyword === 'additionalProperties') return [...path, String(error.params['additionalProperty'])];
  return error.propertyName === undefined ? path : [...path, error.propertyName];
}

const unescapePointer = (part: string): string => part.replaceAll('~1', '/').replaceAll('~0', '~');
