import { join } from 'node:path';
import { buildSync } from 'esbuild';
import { beforeAll, expect, test, vi } from 'vitest';
import { parse } from 'yaml';
import { validatorsModule } from '../../src/spec/schema/precompile.ts';
import { type SchemaName, schemaErrors } from '../../src/spec/schema/validators.ts';
import type { Plain } from '../../src/spec/yaml/located.ts';
import { casesIn, PLAYBOOK } from './cases.ts';

type Validators = typeof import('../../src/spec/schema/compiled.ts');
const NAMES: readonly SchemaName[] = ['playbook', 'inventory', 'vars'];
const texts = casesIn(join(import.meta.dirname, 'bad')).flatMap(({ files }) =>
  [...files.values()].map((bytes) => Buffer.from(bytes).toString()),
);
let precompiled: Validators;

/** As the build does it, for what is shipped. */
beforeAll(async () => {
  const contents = validatorsModule('./src/spec/schema/keywords.ts');
  const resolveDir = join(import.meta.dirname, '../..');
  const built = buildSync({
    stdin: { contents, resolveDir },
    ...{ bundle: true, format: 'esm', platform: 'node', write: false },
  });
  precompiled = await import(
    `data:text/javascript;base64,${Buffer.from(built.outputFiles[0]?.contents ?? '').toString('base64')}`
  );
});

/** The texts that are YAML at all. */
function* values(): Generator<Plain> {
  for (const text of [PLAYBOOK, ...texts]) {
    try {
      yield parse(text, { logLevel: 'silent' });
    } catch {}
  }
}

test('the validators that are shipped say of every case what those of the tests say', () => {
  let mistakes = 0;
  for (const value of values()) {
    for (const name of NAMES) {
      const errors = schemaErrors(name, value);
      expect(precompiled[name](value)).toBe(errors.length === 0);
      expect(precompiled[name].errors ?? []).toEqual(errors);
      mistakes += errors.length;
    }
  }
  expect(mistakes).toBeGreaterThan(500);
});

test('mistakes are added to those before them: a list that is copied for each makes many take for ever', () => {
  expect(validatorsModule('keywords.ts')).not.toContain('.concat(');
  const children = Object.fromEntries(Array.from({ length: 50 }, (_, at) => [`g${at}`, 1]));
  const concat = vi.spyOn(Array.prototype, 'concat');
  try {
    expect(schemaErrors('inventory', { all: { children } })).toHaveLength(50);
    expect(concat).not.toHaveBeenCalled();
  } finally {
    concat.mockRestore();
  }
});
