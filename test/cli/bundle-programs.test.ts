import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { hashOf } from '../../src/adapters/programs/hash.ts';
import { bundlePrograms } from '../../src/cli/bundle-programs.ts';
import type { Desired, RatholeRelease } from '../../src/model/desired.ts';
import { elf } from '../codec/elf.ts';

const ARM = elf(183);
const OTHER = 'a'.repeat(64);
const embedded = { kind: 'embedded', base64: ARM.toString('base64') };

let folder: string;
let binary: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'bundle-programs-'));
  binary = join(folder, 'rathole');
  writeFileSync(binary, ARM);
});
afterAll(() => rmSync(folder, { recursive: true }));

const bundled = (...releases: readonly Omit<RatholeRelease, 'version'>[]) => {
  const servers = releases.map((release) => ({ tunnel: 'home', rathole: { version: '0.5.0', ...release } }));
  return bundlePrograms({ servers, clients: [], clientHosts: [] } as unknown as Desired);
};

test('a file goes with the bundle as what it is; the others are fetched by their pinned hash', async () => {
  expect(await bundled({ sha256: { x86_64: OTHER, aarch64: hashOf(ARM) }, binary })).toEqual([
    {
      ...{ version: '0.5.0', architecture: 'x86_64', sha256: OTHER },
      source: { kind: 'fetched', url: expect.stringMatching(/^https:.*\/v0.5.0\/rathole-x86_64-.*\.zip$/) },
    },
    { version: '0.5.0', architecture: 'aarch64', sha256: hashOf(ARM), source: embedded },
  ]);
});

test('a hash alone is that of its file, whose architecture the file says', async () => {
  const only = [{ version: '0.5.0', architecture: 'aarch64', sha256: hashOf(ARM), source: embedded }];
  expect(await bundled({ sha256: hashOf(ARM), binary })).toEqual(only);
  expect(await bundled({ sha256: { x86_64: hashOf(ARM), aarch64: hashOf(ARM) }, binary })).toEqual(only);
});

test('two servers with the same rathole bring it once', async () => {
  const release = { sha256: hashOf(ARM), binary };
  expect(await bundled(release, release)).toHaveLength(1);
});

test('a bundle that no client could use is refused', async () => {
  await expect(bundled({ sha256: { riscv64: OTHER } })).rejects.toMatchObject({
    code: 'invalid',
    message: 'the tunnel home pins no rathole 0.5.0 that a client can run',
    remedy: expect.stringContaining('x86_64, aarch64, armv7l'),
  });
});
