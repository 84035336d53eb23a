import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import type { Finding } from '../../src/model/finding.ts';
import { loadSpec } from '../../src/spec/index.ts';
import { PLAYBOOK, sourcesOf } from './cases.ts';

/** In all, over the properties below. */
const RUNS = 10_000;
const ROOT = join(import.meta.dirname, '..', '..');
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const PLAYBOOKS = [PLAYBOOK, read('playbooks/homelab.yaml'), read('playbooks/fleet.yaml')];
const INVENTORIES = [
  read('inventories/homelab.yaml'),
  read('inventories/fleet/hosts.yaml'),
  read('test/spec/ansible/layout/hosts.yaml'),
];

/** What breaks parsers, shells, TOML, nginx and terminals. */
const NASTY = [
  ...'\t\n:-?[]{},#&*!|>\'"%@`\\$;~^=<',
  '\r\n',
  ': ',
  '- ',
  '? ',
  '<<: *a',
  '&a ',
  '*a',
  '!!binary ',
  '!vault |',
  '---\n',
  '...\n',
  '%YAML 1.1\n',
  '{{ x }}',
  '$(id)',
  '\0',
  '\u001b[2J',
  '\u2028',
  '\ud800',
  '\ufeff',
  '99999999999999999999',
  '1e999',
  '.inf',
  '[1:9999999]',
  '__proto__: ',
  'null',
  'x'.repeat(5000),
  ' '.repeat(300),
  '['.repeat(200),
  '- '.repeat(200),
];

interface Mutation {
  readonly at: number;
  readonly cut: number;
  readonly insert: string;
}

const mutation: fc.Arbitrary<Mutation> = fc.record({
  at: fc.nat({ max: 4000 }),
  cut: fc.oneof({ weight: 3, arbitrary: fc.nat({ max: 12 }) }, fc.nat({ max: 400 })),
  insert: fc.oneof(fc.constantFrom(...NASTY), fc.string({ unit: 'binary', maxLength: 8 }), fc.constant('')),
});

function mutate(text: string, mutations: readonly Mutation[]): string {
  return mutations.reduce((before, { at, cut, insert }) => {
    const start = at % (before.length + 1);
    return before.slice(0, start) + insert + before.slice(start + cut);
  }, text);
}

const mutated = (texts: readonly string[]) =>
  fc
    .tuple(fc.constantFrom(...texts), fc.array(mutation, { minLength: 1, maxLength: 4 }))
    .map(([text, mutations]) => mutate(text, mutations));

/** Right keys with wrong values, in the shape of a playbook or an inventory, written by a YAML library. */
const structured = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 5 },
    fc.constantFrom(...NASTY),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    tie('map'),
    tie('list'),
  ),
  list: fc.array(tie('value'), { maxLength: 3 }),
  map: fc.dictionary(
    fc.constantFrom(
      'tunnels',
      'clients',
      'home',
      'services',
      'tls',
      'mode',
      'transport',
      'type',
      'bind',
      'sha256',
      'rathole',
      'rotation',
      'hosts',
      'all',
      'vars',
      'children',
      'ansible_host',
      '__proto__',
      'constructor',
    ),
    tie('value'),
    { maxKeys: 5 },
  ),
})).map;

const soup = fc
  .array(fc.constantFrom(...NASTY, 'a', 'hosts', 'all', '\n  '), { maxLength: 40 })
  .map((parts) => parts.join(''));

/** Reads both, and complains about what must never be. */
function check(playbook: string, inventory: string): void {
  const files = new Map([
    ['inventory.yaml', Buffer.from(inventory)],
    ['playbook.yaml', Buffer.from(playbook)],
  ]);
  const started = performance.now();
  const { findings, desired } = loadSpec(sourcesOf(files));
  const milliseconds = performance.now() - started;
  if (milliseconds > 1000) throw new Error(`took ${milliseconds} ms`);
  if (!desired && !findings.some((finding) => finding.severity === 'error'))
    throw new Error('refused without a reason');
  for (const finding of findings)
    if (!isPlaced(finding, files)) throw new Error(`no place: ${JSON.stringify(finding)}`);
}

function isPlaced({ file, line, column }: Finding, files: ReadonlyMap<string, Uint8Array>): boolean {
  const text = new TextDecoder().decode(files.get(file)).split('\n')[line - 1];
  return text !== undefined && column >= 1 && column <= text.length + 1;
}

describe('10,000 generated inputs are answered with placed findings, each within a second', () => {
  /** A fixed seed: a failure is the change's, not the day's. */
  const share = (part: number) => ({ numRuns: RUNS * part, seed: 20 });
  const good = { playbook: PLAYBOOKS[0] ?? '', inventory: INVENTORIES[0] ?? '' };

  test('mutated playbooks', { timeout: 120_000 }, () => {
    fc.assert(
      fc.property(mutated(PLAYBOOKS), (text) => check(text, good.inventory)),
      share(0.4),
    );
  });

  test('mutated inventories', { timeout: 120_000 }, () => {
    fc.assert(
      fc.property(mutated(INVENTORIES), (text) => check(good.playbook, text)),
      share(0.3),
    );
  });

  test('random YAML', { timeout: 120_000 }, () => {
    const text = structured.map((value) => stringify(value));
    fc.assert(fc.property(text, text, check), share(0.2));
  });

  test('random text', { timeout: 120_000 }, () => {
    fc.assert(fc.property(soup, soup, check), share(0.1));
  });
});

test('the good files that are mutated are good', () => {
  for (const text of [PLAYBOOK, PLAYBOOKS[1] ?? '']) {
    expect(() => check(text, INVENTORIES[0] ?? '')).not.toThrow();
  }
});
