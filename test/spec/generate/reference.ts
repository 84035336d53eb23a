/** The part of JSON Schema that our schemas use. */
export interface Schema {
  readonly $ref?: string;
  readonly title?: string;
  readonly description?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly string[];
  readonly const?: string;
  readonly oneOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly additionalProperties?: Schema | boolean;
  readonly required?: readonly string[];
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly 'x-duration'?: { readonly min: string; readonly max: string };
  readonly $defs?: Readonly<Record<string, Schema>>;
}

const NOTE = '<!-- Made from schemas/ and src/spec/rules by `npm run generate`: change those instead. -->';

/** One page for a schema: a section for each mapping, a row for each key. */
export function renderReference(schema: Schema): string {
  const sections = [section(schema.title ?? '', schema, schema)];
  for (const definition of Object.values(schema.$defs ?? {})) {
    if (definition.properties && !definition.oneOf)
      sections.push(section(titleOf(definition), definition, schema));
  }
  const kinds = Object.values(schema.$defs ?? {}).filter(
    (definition) => !definition.properties && !definition.oneOf,
  );
  return `${NOTE}\n\n# ${schema.title}\n\n${sections.join('\n')}\n## Kinds of values\n\n${kinds.map(kind).join('\n')}\n`;
}

/** A page for rules: what each id stands for. */
export function renderRules(rules: Readonly<Record<string, string>>): string {
  const rows = Object.entries(rules).map(([id, why]) => `| \`${id}\` | ${cell(why)} |`);
  return `${NOTE}\n\n# Rules\n\nEvery finding of \`reconcile validate\` names one of these.\n\n| rule | why |\n|---|---|\n${rows.join('\n')}\n`;
}

function section(title: string, schema: Schema, root: Schema): string {
  const rows = Object.entries(schema.properties ?? {}).map(([key, value]) => {
    const need = schema.required?.includes(key) ? 'required' : fallback(value);
    return `| \`${key}\` | ${typeOf(value, root)} | ${need} | ${cell(describe(value, root))} |`;
  });
  const table = ['| key | value | default | |', '|---|---|---|---|', ...rows].join('\n');
  return `## ${title}\n\n${schema.description}\n\n${table}\n`;
}

/** A key's own words, its bounds, and an example. */
function describe(schema: Schema, root: Schema): string {
  const resolved = resolve(schema, root);
  const example = schema.examples?.[0] ?? resolved.examples?.[0];
  const bounds = schema['x-duration']
    ? ` From ${schema['x-duration'].min} to ${schema['x-duration'].max}.`
    : range(schema);
  const shown = example === undefined ? '' : ` Example: \`${inline(example)}\`.`;
  return `${schema.description ?? resolved.description ?? ''}${bounds}${shown}`;
}

function range({ minimum, maximum }: Schema): string {
  return minimum === undefined ? '' : ` From ${minimum} to ${maximum}.`;
}

function typeOf(schema: Schema, root: Schema): string {
  const resolved = resolve(schema, root);
  if (resolved.const !== undefined) return `\`${resolved.const}\``;
  if (resolved.enum) return resolved.enum.map((value) => `\`${value}\``).join(', ');
  if (resolved.oneOf) return resolved.oneOf.map((branch) => titleOf(resolve(branch, root))).join(' or ');
  if (resolved.items) return `list of ${typeOf(resolved.items, root)}`;
  if (typeof resolved.additionalProperties === 'object') {
    const mapping = `mapping of names to ${typeOf(resolved.additionalProperties, root)}`;
    return [resolved.type].flat().includes('string') ? `text or ${mapping}` : mapping;
  }
  if (resolved.title) return titleOf(resolved);
  return [resolved.type]
    .flat()
    .filter((type) => type !== 'null')
    .join(' or ');
}

function fallback(schema: Schema): string {
  return schema.default === undefined ? '' : `\`${inline(schema.default)}\``;
}

function resolve(schema: Schema, root: Schema): Schema {
  const name = schema.$ref?.split('/').at(-1);
  return (name === undefined ? undefined : root.$defs?.[name]) ?? schema;
}

function kind(schema: Schema): string {
  const examples = (schema.examples ?? schema.enum ?? [])
    .map((example) => `\`${inline(example)}\``)
    .join(', ');
  return `* **${titleOf(schema)}**: ${schema.description}${examples ? ` For example ${examples}.` : ''}`;
}

/** Titles name the types of the source; people read them without that. */
const titleOf = (schema: Schema): string => (schema.title ?? '').replace(/Source$/, '');

/** As one would write it in YAML. */
const inline = (value: unknown): string =>
  typeof value === 'string'
    ? value
    : JSON.stringify(value)
        .replaceAll('"', '')
        .replaceAll(/([:,])(?=\S)/g, '$1 ');

const cell = (text: string): string => text.replaceAll('|', '\\|').trim();
