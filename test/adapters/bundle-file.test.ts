import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { workTreeOf, writeBundle } from '../../src/adapters/bundle-file.ts';
import { keyPlaceholder } from '../../src/artifacts/bundle/client-files.ts';
import { Secret } from '../../src/model/secret.ts';

let folder: string;
const at = (name: string) => join(folder, name);
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'bundle-file-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const script = `#!/bin/sh\necho ${keyPlaceholder('home-a')} ${keyPlaceholder('home-b')}\n`;
const keys = new Map([
  ['home-a', new Secret('$&key-a')],
  ['home-b', new Secret('key-b')],
]);

test('the keys are filled in as they are, for the owner alone', async () => {
  expect(await writeBundle(at('x.sh'), script, keys)).toBe(false);
  expect(readFileSync(at('x.sh'), 'utf8')).toBe('#!/bin/sh\necho $&key-a key-b\n');
  expect(statSync(at('x.sh')).mode & 0o777).toBe(0o600);
});

test("whether it took another file's place is said", async () => {
  expect(await writeBundle(at('x.sh'), script, keys)).toBe(false);
  expect(await writeBundle(at('x.sh'), script, keys)).toBe(true);
});

test('a terminal, or what leads to one, is refused', async () => {
  symlinkSync('/dev/tty', at('tty'));
  for (const path of ['/dev/tty', '/dev/null', at('tty')]) {
    await expect(writeBundle(path, script, keys)).rejects.toMatchObject({ code: 'invalid' });
  }
});

test('a Git work tree is found from any depth, and none where there is none', async () => {
  expect(await workTreeOf(at('x.sh'))).toBeUndefined();
  mkdirSync(at('repo/.git'), { recursive: true });
  mkdirSync(at('repo/deep/er'), { recursive: true });
  expect(await workTreeOf(at('repo/deep/er/x.sh'))).toBe(at('repo'));
});
