import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { loadSpec } from '../../src/spec/index.ts';
import { RULES } from '../../src/spec/rules/index.ts';
import { READING_RULES } from '../../src/spec/rules/reading.ts';
import { MAX_FILE_BYTES } from '../../src/spec/sources.ts';
import { casesIn, PLAYBOOK, sourceFile, sourcesOf, textSources } from './cases.ts';

const cases = casesIn(join(import.meta.dirname, 'bad'));
const ruleOf = (expectation: string) => expectation.split(' ')[1] ?? '';

describe('every mistake is found where it is', () => {
  test.each(cases)('$name', ({ files, expected }) => {
    const { findings, desired } = loadSpec(sourcesOf(files));
    expect(findings.map(({ file, line, column, rule }) => `${file}:${line}:${column} ${rule}`)).toEqual(
      expected,
    );
    expect(desired === undefined).toBe(findings.some(({ severity }) => severity === 'error'));
    for (const { message, remedy } of findings) {
      expect(message).toMatch(/^\S.{5,}$/);
      expect(remedy).toMatch(/^\S.{5,}$/);
    }
  });
});

test('the corpus is large, and every mistake in it is refused or warned of', () => {
  expect(cases.length).toBeGreaterThanOrEqual(80);
  expect(cases.filter(({ expected }) => expected.length === 0)).toEqual([]);
});

test('three mistakes in one file are three findings', () => {
  const three = cases.find(({ name }) => name === 'three-mistakes');
  expect(three?.expected.map(ruleOf)).toEqual(['unknown-key', 'grace-too-short', 'client-undeclared']);
});

test('every rule has a case, and every finding a rule', () => {
  const known = [...Object.keys(READING_RULES), ...RULES.map((rule) => rule.id)];
  // These two are about what the file system says, not about a text: see below.
  const found = new Set([
    ...cases.flatMap(({ expected }) => expected.map(ruleOf)),
    'file-unreadable',
    'file-too-large',
  ]);
  expect([...found].sort()).toEqual([...new Set(known)].sort());
});

test('a file that cannot be read and one of 50 MB are findings of the others’ run', () => {
  const right = sourcesOf(new Map());
  const missing = { path: 'missing.yaml', content: { kind: 'unreadable', why: 'ENOENT' } } as const;
  const large = { path: 'large.yaml', content: { kind: 'too-large', size: 50 * 1024 * 1024 } } as const;
  const broken = sourceFile('playbook.yaml', PLAYBOOK.replace('prune', '').replace('desktop,', 'desktp,'));
  const { findings } = loadSpec({ ...right, playbooks: [missing, large, broken] });
  expect(findings.map(({ file, line, rule }) => `${file}:${line} ${rule}`)).toEqual([
    'large.yaml:1 file-too-large',
    'missing.yaml:1 file-unreadable',
    'playbook.yaml:7 client-undeclared',
    'playbook.yaml:9 client-unused',
  ]);
  expect(MAX_FILE_BYTES).toBeLessThan(large.content.size);
});

test.each([
  ['as a variable that is refused', 'ansible_password: hunter2', 'inventory-password'],
  ['in a template', 'db_password: "{{ prefix }}hunter2"', 'inventory-template'],
  ['in a template below it', 'secrets: { inner: "{{ prefix }}hunter2" }', 'inventory-template'],
  ['inside a value', 'url: "{{ host }}/?token=hunter2"', 'inventory-template'],
  ['on the line of another mistake', 'ansible_port: x, api_token: hunter2', 'wrong-type'],
])('a secret never shows in a finding: %s', (_, pair, rule) => {
  const inventory = `all: { hosts: { edge: { ${pair} } } }\n`;
  const { findings } = loadSpec(sourcesOf(new Map([['inventory.yaml', Buffer.from(inventory)]])));
  expect(findings.map((finding) => finding.rule)).toEqual([rule]);
  expect(JSON.stringify(findings)).not.toContain('hunter2');
});

test('rathole’s own TLS and Noise are refused with the ways that there are', () => {
  const noise = PLAYBOOK.replace(
    '    services',
    '    transport: { type: noise, bind: "0.0.0.0:2333" }\n    services',
  );
  expect(loadSpec(textSources(noise)).findings).toEqual([
    expect.objectContaining({
      rule: 'wrong-value',
      remedy: expect.stringMatching(/websocket.*tcp.*Noise are not/),
    }),
  ]);
});

test.each([
  ['tunnels: {}\n', 'this is empty', 'add at least one entry'],
  [
    PLAYBOOK.replace('domain: t', `domain: ${'t'.repeat(1001)}`),
    'this is longer than 1000 characters',
    'shorten it',
  ],
  [
    PLAYBOOK.replace('    services', '    rotation: { at_most: 0 }\n    services'),
    'the number is too small',
    'write 1 or more',
  ],
  [
    PLAYBOOK.replace('    services', '    rotation: { at_most: 1001 }\n    services'),
    'the number is too large',
    'write 1000 or less',
  ],
  [
    PLAYBOOK.replace('    services', '    former_domains: [a.b, a.b]\n    services'),
    'the list holds an entry twice',
    'remove one of the two',
  ],
])('a value out of bounds is told in our words', (playbook, message, remedy) => {
  const { findings } = loadSpec(textSources(playbook));
  expect(findings).toEqual([expect.objectContaining({ rule: 'out-of-range', message, remedy })]);
});
