import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { nginxWord } from '../../src/codec/nginx.ts';
import { unitText, unitWord } from '../../src/codec/systemd.ts';
import { readToml, writeToml } from '../../src/codec/toml.ts';
import { Unquotable } from '../../src/codec/unquotable.ts';
import { BREAKOUTS } from '../artifacts/breakout.ts';

/** The text, or undefined where the value is refused. */
function quoted(quote: (value: string) => string, value: string): string | undefined {
  try {
    return quote(value);
  } catch (error) {
    if (error instanceof Unquotable) return undefined;
    throw error;
  }
}

describe('TOML', () => {
  test.each(BREAKOUTS)('%j comes back as it was, as value and as key', (value) => {
    const text = writeToml({ server: { services: { [value]: { token: value } } } });
    expect(readToml(text)).toMatchObject({ table: { server: { services: { [value]: { token: value } } } } });
  });

  test('any string comes back as it was', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (value) => {
        expect(readToml(writeToml({ key: value }))).toMatchObject({ table: { key: value } });
      }),
    );
  });

  test('what is wrong is told without the text around it', () => {
    expect(readToml('a = 1\ntoken = hunter2\n')).toEqual({ error: 'not TOML (line 2, column 9)' });
  });
});

describe('nginx', () => {
  test.each(BREAKOUTS)('%j is one word or refused', (value) => {
    const word = quoted(nginxWord, value);
    if (word === undefined) expect(value).toMatch(/^$|[\p{Cc}$]/u);
    else if (!word.startsWith('"')) expect(word).toMatch(/^[\w./:@*[\]-]+$/);
    else expect(word).toMatch(/^"(?:[^"\\]|\\["\\])*"$/);
  });
});

describe('systemd', () => {
  test.each(BREAKOUTS)('%j is one word or refused', (value) => {
    const word = quoted(unitWord, value);
    if (word === undefined) expect(value).toMatch(/\p{Cc}/u);
    else expect(word).toMatch(/^(?:[\w%$+,./:@-]+|"(?:[^"\\]|\\["\\])*")$/);
    expect(word?.replaceAll('%%', '').includes('%') ?? false).toBe(false);
    expect(word?.replaceAll('$$', '').includes('$') ?? false).toBe(false);
  });

  test.each(BREAKOUTS)('%j stays on its line', (value) => {
    expect(quoted(unitText, value) ?? '').not.toMatch(/[\r\n]/);
  });
});
