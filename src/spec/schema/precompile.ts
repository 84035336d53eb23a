import standaloneCode from 'ajv/dist/standalone/index.js';
import { appendingErrors, createAjv, SCHEMAS } from './ajv.ts';

/**
 * The validators as the text of a module, `#validators` in what is shipped: compiling the schemas takes longer than
 * all other work on the files of a small repository.
 *
 * @param keywords from where the module imports keywords.ts
 */
export function validatorsModule(keywords: string): string {
  const ids = Object.entries(SCHEMAS).map(([name, { $id }]) => [name, $id]);
  const code = standaloneCode.default(createAjv({ source: true, esm: true }), Object.fromEntries(ids));
  return `import { formats, isWithin } from '${keywords}';\n${appendingErrors(code)}`;
}
