import { describe, expect, test } from 'vitest';
import { isSecretKey } from '../../src/spec/mask.ts';
import { Source } from '../../src/spec/source.ts';

const at = (text: string, part: string) => ({
  start: text.indexOf(part),
  end: text.indexOf(part) + part.length,
});

test('places count lines and columns from 1', () => {
  const text = 'one\ntwo three\n';
  expect(new Source('f', text).place(at(text, 'three'))).toEqual({
    file: 'f',
    line: 2,
    column: 5,
    endLine: 2,
    endColumn: 10,
  });
  expect(new Source('f', text).place({ start: 99, end: 99 })).toMatchObject({ line: 3, column: 1 });
  expect(new Source('f', '').place({ start: 0, end: 0 })).toMatchObject({ line: 1, column: 1 });
});

describe('snippets', () => {
  const snippet = (text: string, part: string) => new Source('f', text).snippet(at(text, part));
  const marked = (text: string, part: string) => {
    const found = snippet(text, part);
    return found?.text.slice(found.start, found.start + found.length);
  };

  test('show one line and mark the part', () => {
    expect(snippet('one\ntwo three\nfour', 'three')).toEqual({ text: 'two three', start: 4, length: 5 });
    expect(new Source('f', 'a\n\nb').snippet({ start: 2, end: 2 })).toBeUndefined();
  });

  test('clip a long line around the part', () => {
    const line = `${'x'.repeat(100_000)}here${'y'.repeat(100_000)}`;
    expect(marked(line, 'here')).toBe('here');
    expect(snippet(line, 'here')?.text.length).toBeLessThanOrEqual(120);
  });

  test('mark at most what they show', () => {
    expect(marked(`a: ${'b'.repeat(500)}`, 'b'.repeat(500))).toHaveLength(117);
    expect(marked('a: |\n  b\n  c\n', '|\n  b\n  c')).toBe('|');
  });

  test.each([
    'password: hunter2',
    '{ ansible_ssh_pass: hunter2, port: here }',
    '"token" = hunter2',
    'api_key:hunter2',
    `${'x'.repeat(90)} secret: hunter2 here`,
  ])('hide the secret in %s', (line) => {
    expect(new Source('f', line).snippet({ start: line.length - 1, end: line.length })?.text).not.toContain(
      'hunter2',
    );
    expect(new Source('f', line).snippet({ start: 0, end: 1 })?.text ?? '').not.toContain('hunter2');
  });

  test('keep what only looks like a secret', () => {
    expect(snippet('pkcs12_password_file: /etc/x', '/etc/x')?.text).toBe('pkcs12_password_file: /etc/x');
    expect(snippet('vault: { client: nas }', 'client')?.text).toBe('vault: { client: nas }');
    expect(isSecretKey('ansible_port')).toBe(false);
  });
});
