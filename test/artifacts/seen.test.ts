import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { KEY_MAP, keyMap } from '../../src/artifacts/pull/key-map.ts';
import { foldScript } from '../../src/artifacts/pull/seen.ts';

const pulled = (time: number, more: Readonly<Record<string, unknown>> = {}) =>
  `${JSON.stringify({ time, client: 'pc', key: 'pc.k1', file: '/api/v1/sync.conf', status: 304, etag: '"6f-1a"', ...more })}\n`;

let state: string;
let log: string;
const script = () => foldScript({ state, log });
const fold = () => {
  execFileSync('dash', ['-c', script()]);
  return existsSync(join(state, 'seen')) ? readFileSync(join(state, 'seen'), 'utf8') : '';
};

beforeEach(() => {
  state = mkdtempSync(join(tmpdir(), 'reconcile-seen-'));
  log = join(state, 'pull.log');
});
afterEach(() => rmSync(state, { recursive: true, force: true }));

describe('the log of pulls', () => {
  test('the program is clean by shellcheck, and reads in bash too', () => {
    execFileSync('shellcheck', ['-'], { input: script() });
    execFileSync('bash', ['-n'], { input: script() });
  });

  test('the last answer of each key and file stays, the newest first, and the log is emptied', () => {
    writeFileSync(log, pulled(100.5) + pulled(300.25, { status: 200, etag: '"70-1b"' }) + pulled(200.5));
    expect(fold()).toBe('pc 1 sync.conf 200 70-1b 300\n');
    expect(statSync(log).size).toBe(0);
    writeFileSync(
      log,
      pulled(400.125, { key: 'pc.k2' }) + pulled(50.5) + pulled(60.5, { file: '/api/v1/config', etag: '' }),
    );
    expect(fold()).toBe('pc 2 sync.conf 304 6f-1a 400\npc 1 sync.conf 200 70-1b 300\npc 1 config 304 - 60\n');
    expect(statSync(join(state, 'seen')).mode & 0o777).toBe(0o600);
  });

  test.each([
    ['refused', pulled(1.5, { status: 429 })],
    ['no client', pulled(1.5, { client: '', key: '' })],
    ['cut off', pulled(1.5).slice(0, 60)],
    ['hostile', pulled(1.5, { file: '/api/v1/a b"; rm' })],
    ['other', 'hello\n'],
  ])('a line that is %s counts for nothing', (_, line) => {
    writeFileSync(log, `${line}\n${pulled(9.5)}`);
    expect(fold()).toBe('pc 1 sync.conf 304 6f-1a 9\n');
  });

  test('what was written before the clock was set back counts for nothing: not for years to come', () => {
    const ahead = Math.floor(Date.now() / 1000) + 86_400;
    writeFileSync(join(state, 'seen'), `pc 1 sync.conf 200 1-1 ${ahead}\nnas 1 sync.conf 200 1-1 9\n`);
    writeFileSync(log, pulled(ahead + 0.5) + pulled(100.5));
    expect(fold().split('\n').sort()).toEqual([
      '',
      'nas 1 sync.conf 200 1-1 9',
      'pc 1 sync.conf 304 6f-1a 100',
    ]);
  });

  test('no log, or an empty one: nothing is done', () => {
    expect(fold()).toBe('');
    writeFileSync(log, '');
    expect(fold()).toBe('');
  });
});

describe.each(['dash', 'bash'])('the map of keys, in %s', (shell) => {
  const print = () =>
    execFileSync(shell, ['-c', `set -eu\nstate=$1\n${KEY_MAP}\nprint_key_map`, shell, state], {
      encoding: 'utf8',
      stdio: 'pipe',
    });
  const client = (name: string, record: string, ...keys: readonly string[]) => {
    mkdirSync(join(state, 'clients', name), { recursive: true });
    mkdirSync(join(state, 'keys'), { recursive: true });
    writeFileSync(join(state, 'clients', name, 'key'), `${record} 1700000000\n`);
    for (const number of keys)
      writeFileSync(join(state, 'keys', `${name}.k${number}`), `key-${name}-${number}`);
  };
  const filled = (text: string) => text.replaceAll(/\{\{key (\S+) k(\d+)\}\}/g, 'key-$1-$2');

  test('is the one that plans compare with', () => {
    client('attic', 'announced 1 2', '1', '2');
    client('desktop', 'steady 3 0', '3');
    client('laptop', 'retiring 1 2', '1', '2');
    client('nas', 'replacing 4 5', '4', '5');
    const served = [
      ['attic', 1],
      ['attic', 2],
      ['desktop', 3],
      ['laptop', 2],
      ['nas', 5],
    ] as const;
    expect(print()).toBe(filled(keyMap(served.map(([name, number]) => ({ client: name, number })))));
  });

  test('denies everybody where nobody is', () => expect(print()).toBe(keyMap([])));

  test.each([
    ['no key', () => client('pc', 'steady 1 0')],
    ['no sense', () => client('pc', 'gone 1 0', '1')],
  ])('with %s for a record it fails', (_, make) => {
    make();
    expect(print).toThrow();
  });
});
