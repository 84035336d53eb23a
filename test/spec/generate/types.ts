import { compile } from 'json-schema-to-typescript';

type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

const BANNER =
  '/** Made from schemas/playbook.schema.json by `npm run generate`: change that file instead. */';

/** The playbook's schema as TypeScript. */
export async function renderTypes(schema: unknown): Promise<string> {
  const text = await compile(withoutSiblings(schema as Json) as object, 'Playbook', {
    additionalProperties: false,
    bannerComment: BANNER,
    style: { singleQuote: true, printWidth: 110 },
  });
  return `${text.trimEnd()}\n`;
}

/** What stands beside a `$ref` describes one use of it; with it, each use would become a type of its own. */
function withoutSiblings(schema: Json): Json {
  if (Array.isArray(schema)) return schema.map(withoutSiblings);
  if (schema === null || typeof schema !== 'object') return schema;
  if ('$ref' in schema) return { $ref: schema['$ref'] };
  return Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, withoutSiblings(value)]));
}
