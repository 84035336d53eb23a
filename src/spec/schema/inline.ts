import type { AnySchemaObject } from 'ajv/dist/2020.js';

type Definitions = Readonly<Record<string, unknown>>;

/**
 * A schema with its definitions in the places that name them. Across a reference ajv copies all errors so far, which
 * takes minutes for a hundred thousand mistakes. What contains itself keeps its reference.
 */
export function withoutReferences({ $defs = {}, ...schema }: AnySchemaObject): AnySchemaObject {
  return { ...Object(inlined(schema, $defs)), $defs };
}

function inlined(part: unknown, definitions: Definitions, open: readonly string[] = []): unknown {
  if (Array.isArray(part)) return part.map((item) => inlined(item, definitions, open));
  if (typeof part !== 'object' || part === null) return part;
  const entries = Object.entries(part).map(([key, value]) => [key, inlined(value, definitions, open)]);
  const { $ref, ...own } = Object.fromEntries(entries);
  const name = /^#\/\$defs\/(.+)/.exec($ref ?? '')?.[1];
  if (name === undefined || open.includes(name)) return Object.fromEntries(entries);
  return { ...own, ...Object(inlined(definitions[name], definitions, [...open, name])) };
}
