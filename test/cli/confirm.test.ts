import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import { execa } from 'execa';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';

const work = mkdtempSync(join(tmpdir(), 'reconcile-confirm-'));
const asking = join(work, 'asking.mjs');

// Each test starts the program, on a machine that may be busy with others.
vi.setConfig({ testTimeout: 60_000 });

/** Asks at a real terminal, which script(1) makes, and says how it came out. */
beforeAll(async () => {
  const source = join(work, 'asking.ts');
  const confirm = join(import.meta.dirname, '../../src/cli/confirm.ts');
  writeFileSync(
    source,
    `import { agreed } from ${JSON.stringify(confirm)};
const plan = { digest: 'd', hosts: [{ steps: [1] }] };
const outcome = await agreed(plan, 'remedy').catch((error) => error.code);
console.log('came out: ' + outcome);`,
  );
  await build({ entryPoints: [source], outfile: asking, bundle: true, format: 'esm', platform: 'node' });
});
afterAll(() => rmSync(work, { recursive: true }));

test.each([
  ['y and Enter', 'y\r', 'true'],
  ['n and Enter', 'n\r', 'false'],
  ['Enter', '\r', 'false'],
  ['Ctrl-C', '\u0003', 'interrupted'],
  ['Ctrl-D', '\u0004', 'false'],
])('%s at the question', async (_, keys, outcome) => {
  const asked = execa('script', ['-qec', `node ${asking}`, '/dev/null'], {
    stdin: 'pipe',
    timeout: 20_000,
    reject: false,
  });
  asked.stdout.on('data', (text: Buffer) => {
    if (text.includes('[y/N]')) asked.stdin.write(keys);
  });
  expect((await asked).stdout).toContain(`came out: ${outcome}`);
});
