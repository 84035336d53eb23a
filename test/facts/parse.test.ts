import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { observeScript, parseObservation } from '../../src/facts/index.ts';

const captured = (name: string) => readFileSync(join(import.meta.dirname, 'captured', name), 'utf8');
const running = captured('running.txt');
const lines = running.split('\n').slice(0, -1);

test('shellcheck has nothing to say about the script', () => {
  expect(execFileSync('shellcheck', ['-s', 'sh', '-'], { input: observeScript, encoding: 'utf8' })).toBe('');
});

test.each(['dash', 'bash'])('%s understands the script', (shell) => {
  expect(execFileSync(shell, ['-n'], { input: observeScript, encoding: 'utf8' })).toBe('');
});

test('the script does nothing when any part of it is missing', () => {
  const script = observeScript.trimEnd().split('\n');
  const some = [...script.keys()].filter((count) => count % 7 === 0);
  for (const count of [...some, script.length - 1]) {
    const said = execFileSync('dash', ['-c', 'dash 2>/dev/null || :'], {
      input: `${script.slice(0, count).join('\n')}\n`,
      encoding: 'utf8',
    });
    expect(said).toBe('');
  }
});

test.each(readdirSync(join(import.meta.dirname, 'captured')))(
  '%s, as a real host printed it',
  async (name) => {
    const facts = parseObservation(captured(name));
    await expect(`${JSON.stringify(facts, null, 2)}\n`).toMatchFileSnapshot(
      `parsed/${name.replace(/txt$/, 'snap')}`,
    );
  },
);

test('an observation that is cut off anywhere is an error', () => {
  for (let count = 0; count < lines.length; count++) {
    const part = `${lines.slice(0, count).join('\n')}\n`;
    expect(() => parseObservation(part), `after line ${count}`).toThrow(
      expect.objectContaining({ code: 'failed' }),
    );
    expect(() => parseObservation(part.slice(0, -1)), `in line ${count}`).toThrow('not whole');
  }
  expect(() => parseObservation(running)).not.toThrow();
});

test.each([
  ['a line before it', (text: string) => `Welcome!\n${text}`, 'begins with "Welcome!"'],
  ['a line behind it', (text: string) => `${text}bye\n`, '"bye" stands behind its end'],
  ['two of them', (text: string) => text + text, 'stands behind its end'],
  [
    'a fact left out',
    (text: string) => text.replace(/@begin units[\s\S]*?@end units.*\n/, ''),
    'where units should',
  ],
  [
    'a fact twice',
    (text: string) => text.replace(/@begin os[\s\S]*?@end os.*\n/, '$&$&'),
    'where architecture',
  ],
  ['an end of another fact', (text: string) => text.replace('@end os', '@end disk'), 'os has no end'],
  ['another number of facts', (text: string) => text.replace(/@done \d+/, '@done 3'), '"@done 3"'],
])('%s makes it an error', (_, spoil, message) => {
  expect(() => parseObservation(spoil(running))).toThrow(message);
});

test('another release of the script is told as such', () => {
  expect(() =>
    parseObservation(running.replace(/^@reconcile-observation \d+/, '@reconcile-observation 99')),
  ).toThrow('another release');
});

/** Puts other lines between a fact's begin and end. */
const withFact = (name: string, body: string, verdict = 'present ') =>
  running.replace(
    new RegExp(`(@begin ${name}\n)[\\s\\S]*?@end ${name}.*\n`),
    `$1${body}@end ${name} ${verdict}\n`,
  );

test('what cannot be understood is unreadable, never absent', () => {
  expect(parseObservation(withFact('disk', 'nonsense\n')).disk.kind).toBe('unreadable');
  expect(parseObservation(withFact('disk', '')).disk.kind).toBe('unreadable');
  expect(parseObservation(withFact('nginx', '')).nginx.kind).toBe('unreadable');
  expect(parseObservation(withFact('units', 'clocks 1 1\nId=a\n\n')).units.kind).toBe('unreadable');
  expect(parseObservation(withFact('files', 'listing\n')).files.kind).toBe('unreadable');
  expect(parseObservation(withFact('nginx', '', 'unreadable it is broken')).nginx).toEqual({
    kind: 'unreadable',
    why: 'it is broken',
  });
});

const FILES = `file d 750 root rathole 1795225796.1805768000 4096 /etc/rathole
file f 640 root rathole 1795225796.1805768000 4 /etc/rathole/server.toml
`;

test.each([
  ['a folder that cannot be listed', `find: '/etc/rathole': Permission denied`, 'Permission denied'],
  ['a folder with an input/output error', `find: '/etc/rathole': Input/output error`, 'Input/output'],
  ['an error of an unknown kind', 'out of memory', 'out of memory'],
])('%s makes all files unreadable', (_, error, why) => {
  expect(parseObservation(withFact('files', `${FILES}errors\n${error}\ntexts\n`)).files).toMatchObject({
    kind: 'unreadable',
    why: expect.stringContaining(why),
  });
});

test('one file that cannot be read is unreadable alone', () => {
  const error = 'sha256sum: /etc/rathole/server.toml: Input/output error';
  const { files } = parseObservation(
    withFact('files', `${FILES}errors\nfind: '/x': No such file or directory\n${error}\ntexts\n`),
  );
  expect(files).toMatchObject({
    value: { '/etc/rathole/server.toml': { type: 'file', unreadable: 'Input/output error' } },
  });
});

test('a text of another length than its file was changed meanwhile', () => {
  const text = 'text /etc/rathole/server.toml\n|{{fingerprint 01234567}}\nbytes 9\n';
  const { files } = parseObservation(withFact('files', `${FILES}errors\n\ntexts\n${text}`));
  expect(files).toMatchObject({
    value: { '/etc/rathole/server.toml': { unreadable: expect.stringContaining('changed') } },
  });
});
