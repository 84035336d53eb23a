import type { ValidateFunction } from 'ajv';
import { createAjv, SCHEMAS } from './ajv.ts';

/** `#validators` where nothing was built: in tests. See precompile.ts for what is shipped. */
const ajv = createAjv();

export const playbook = ajv.getSchema(SCHEMAS.playbook.$id) as ValidateFunction;
export const inventory = ajv.getSchema(SCHEMAS.inventory.$id) as ValidateFunction;
export const vars = ajv.getSchema(SCHEMAS.vars.$id) as ValidateFunction;
