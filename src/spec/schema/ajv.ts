import { _, Ajv2020, type CodeOptions, type KeywordCxt } from 'ajv/dist/2020.js';
import inventorySchema from '../../../schemas/inventory.schema.json' with { type: 'json' };
import playbookSchema from '../../../schemas/playbook.schema.json' with { type: 'json' };
import varsSchema from '../../../schemas/vars.schema.json' with { type: 'json' };
import { withoutReferences } from './inline.ts';
import { formats, isWithin } from './keywords.ts';

export const SCHEMAS = { playbook: playbookSchema, inventory: inventorySchema, vars: varsSchema };

/** An ajv that knows our schemas; it converts nothing and fills nothing in. */
export function createAjv(code: CodeOptions = {}): Ajv2020 {
  return new Ajv2020({
    allErrors: true,
    verbose: true,
    strict: true,
    allowUnionTypes: true,
    discriminator: true,
    ownProperties: true,
    schemas: Object.values(SCHEMAS).map(withoutReferences),
    formats,
    keywords: ['x-rule', 'x-remedy', { keyword: 'x-duration', code: durationCode }],
    code: { ...code, formats: _`formats`, process: appendingErrors },
  });
}

/** ajv's code copies all errors found so far for each of many children; this adds theirs to the list. */
export function appendingErrors(code: string): string {
  return code.replaceAll(
    /vErrors = vErrors === null \? ([\w.]+) : vErrors\.concat\(\1\)/g,
    'vErrors = $1.reduce((all, one) => { all.push(one); return all; }, vErrors ?? [])',
  );
}

function durationCode(context: KeywordCxt): void {
  const check = context.gen.scopeValue('func', { ref: isWithin, code: _`isWithin` });
  context.fail(_`!${check}(${context.schemaValue}, ${context.data})`);
}
