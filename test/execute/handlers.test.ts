import { expect, test } from 'vitest';
import { quote } from '../../src/codec/shell.ts';
import { nameOf, scriptOf } from '../../src/execute/script/handlers.ts';
import { printed } from '../../src/execute/script/text.ts';
import { EVERY_KIND, writeFile } from './steps.ts';

const only = (kind: string) => {
  const step = EVERY_KIND.find((candidate) => candidate.kind === kind);
  if (step === undefined) throw new Error(`no step of kind ${kind} among the examples`);
  return step;
};

test.each(EVERY_KIND.map((step) => [nameOf(step), step] as const))('%s', (_, step) => {
  expect(scriptOf(step)).toMatchSnapshot();
});

test.each([
  ['due', 'rotate due ssh web'],
  ['rotate', 'rotate ssh web'],
] as const)('a rotation asked for as %s says so once', (order, name) => {
  expect(nameOf({ kind: 'rotate', order, services: ['ssh', 'web'] })).toBe(name);
});

test.each([
  ['apt', 'install_apt nginx libnginx-mod-stream'],
  ['pacman', 'install_pacman nginx'],
])('packages are installed by %s', (manager, line) => {
  const step = EVERY_KIND.find((candidate) => 'manager' in candidate && candidate.manager === manager);
  expect(step && scriptOf(step).run).toBe(line);
});

test('names of a certificate become DNS names and addresses', () => {
  expect(scriptOf(only('make-certificate')).run).toContain('DNS:a.example,IP:192.0.2.1');
  const step = { kind: 'make-certificate', directory: '/d', names: ['a,DNS:b'], days: 1 } as const;
  expect(() => scriptOf(step)).toThrow('cannot be made for "a,DNS:b"');
});

test.each([
  '{{fingerprint abcdef12}}',
  '{{token ssh}}',
  '{{token ssh g1; id}}',
  '{{token $(id) g1}}',
  '{{fingerprint unknown}}',
])('a text with %s cannot be written', (placeholder) => {
  expect(() => printed(`a ${placeholder} b`)).toThrow(`holds ${placeholder}, which no host can fill in`);
});

test('braces that are nobody’s placeholder stay as they are', () => {
  expect(printed('a {{ b }} {{fingerprint " x}}')).toBe("literal 'a {{ b }} {{fingerprint \" x}}'");
});

test('an empty text is an empty file', () => {
  expect(scriptOf(writeFile('/etc/empty', '')).run).toContain('{\n:\n} >"$temp"');
});

test.each([
  ['plain/path-1.2:3', 'plain/path-1.2:3'],
  ['', "''"],
  ["it's", "'it'\\''s'"],
  ['a b', "'a b'"],
  ['$(id) `id` "x" \\', '\'$(id) `id` "x" \\\''],
  ['~root', "'~root'"],
  ['a=b', "'a=b'"],
])('%j is quoted as %s', (word, quoted) => {
  expect(quote(word)).toBe(quoted);
});
