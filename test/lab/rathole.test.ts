import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, expect, test, vi } from 'vitest';
import { ratholeProgram } from './rathole.ts';

const folder = mkdtempSync(join(tmpdir(), 'rathole-'));
afterEach(() => vi.unstubAllEnvs());
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string, mode: number): string {
  const path = join(folder, name);
  writeFileSync(path, content, { mode });
  return path;
}

test('RATHOLE_BIN names the program', async () => {
  const path = file('program', '#!/bin/sh\n', 0o755);
  vi.stubEnv('RATHOLE_BIN', path);
  expect(await ratholeProgram()).toBe(path);
});

test.each([
  ['', 'does not exist'],
  [join(folder, 'missing'), 'does not exist'],
  [folder, 'is not a file'],
  [file('empty', '', 0o755), 'is empty'],
  [file('text', 'notes\n', 0o644), 'is not executable'],
])("RATHOLE_BIN='%s' %s", async (path, fault) => {
  vi.stubEnv('RATHOLE_BIN', path);
  await expect(ratholeProgram()).rejects.toThrow(`RATHOLE_BIN is '${path}', which ${fault}`);
});
