import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { expect, test } from 'vitest';

const SRC = join(import.meta.dirname, '..', 'src');

/** A layer may import itself and the layers in the rows above it, never a sibling in its own row. */
const ROWS = [
  ['model'],
  ['codec'],
  ['artifacts'],
  ['spec', 'facts'],
  ['planner'],
  ['execute'],
  ['adapters', 'render'],
  ['cli'],
];

/** Only these layers touch the world; to all others time, randomness and files come as arguments. */
const EDGES = ['adapters', 'render', 'cli'];
const IMPURE =
  /\b(process\.|Date\.now|new Date\(\)|Math\.random|randomBytes|randomUUID|setTimeout|setInterval)/;
/** Hashing is a pure function that happens to live in a Node module. */
const PURE_NODE_MODULES = new Set(['node:crypto']);

const rankOf = (layer: string) => ROWS.findIndex((row) => row.includes(layer));
const layerOf = (file: string) => relative(SRC, file).split(sep)[0] ?? '';
const files = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => join(SRC, name));

function importsOf(file: string): string[] {
  const text = readFileSync(file, 'utf8');
  return [...text.matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map((match) => match[1] ?? '');
}

test('every source file stands in a known layer', () => {
  expect(files.length).toBeGreaterThan(0);
  expect(files.filter((file) => rankOf(layerOf(file)) < 0)).toEqual([]);
});

test('imports go one way', () => {
  const wrong = files.flatMap((file) =>
    importsOf(file)
      .filter((name) => name.startsWith('.'))
      .map((name) => layerOf(join(dirname(file), name)))
      .filter((to) => to !== layerOf(file) && rankOf(to) >= rankOf(layerOf(file)))
      .map((to) => `${relative(SRC, file)} imports ${to}/`),
  );
  expect(wrong).toEqual([]);
});

test('the core is pure', () => {
  const core = files.filter((file) => !EDGES.includes(layerOf(file)));
  const wrong = core.flatMap((file) => {
    const calls = IMPURE.exec(readFileSync(file, 'utf8'));
    const modules = importsOf(file).filter(
      (name) => name.startsWith('node:') && !PURE_NODE_MODULES.has(name),
    );
    return [...(calls ? [calls[0]] : []), ...modules].map((what) => `${relative(SRC, file)} uses ${what}`);
  });
  expect(wrong).toEqual([]);
});

test('adapters are named in one place', () => {
  const wrong = files.filter(
    (file) =>
      layerOf(file) === 'cli' &&
      !file.endsWith(join('cli', 'wire.ts')) &&
      importsOf(file).some((name) => name.includes('/adapters/')),
  );
  expect(wrong).toEqual([]);
});
