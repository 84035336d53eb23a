import { afterAll, beforeAll } from 'vitest';
import { Lab } from './lab.ts';
import type { LabSpec } from './sites.ts';

/**
 * One lab for all tests of a file: `const lab = useLab({ vps: ['edge'] })`, and `lab()` in the tests.
 * A lab that cannot boot fails the file; there is no silent skip.
 */
export function useLab(spec: LabSpec): () => Lab {
  let lab: Lab | undefined;
  beforeAll(async () => {
    lab = await Lab.boot(spec);
  });
  afterAll(async () => {
    await lab?.[Symbol.asyncDispose]();
  });
  return () => {
    if (lab === undefined) throw new Error('the lab is there only while tests run');
    return lab;
  };
}
