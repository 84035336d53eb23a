import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { KEY_MAP, keyMap } from '../../src/artifacts/pull/key-map.ts';
import { startNginx } from './nginx.ts';

// 10,000 keys are tested by nginx twice, on a machine that may be busy with others.
vi.setConfig({ testTimeout: 120_000 });

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'reconcile-keys-'));
});
afterEach(() => rm(folder, { recursive: true }));

const nameOf = (at: number) => `client${String(at).padStart(5, '0')}`;
const keyOf = (client: string) => createHash('sha256').update(client).digest('hex').slice(0, 32);
const clients = (count: number) => Array.from({ length: count }, (_, at) => nameOf(at));
const filled = (names: readonly string[]) =>
  keyMap(names.map((client) => ({ client, number: 1 }))).replaceAll(
    /\{\{key (\S+) k1\}\}/g,
    (_, client: string) => keyOf(client),
  );

/** An nginx.conf that answers with what a key stands for; somebody else's map stands before ours. */
async function write(names: readonly string[]): Promise<string> {
  await writeFile(join(folder, 'keys.conf'), filled(names));
  const config = join(folder, 'nginx.conf');
  await writeFile(
    config,
    `pid ${folder}/nginx.pid;
events { worker_connections 64; }
http {
  access_log off;
  map $http_upgrade $others { default 1; "" 0; }
  include ${folder}/keys.conf;
  server { listen unix:${folder}/socket; location / { return 200 "<$reconcile_key>"; } }
}
`,
  );
  return config;
}

describe.each([1, 64, 65, 200, 3200, 3201, 10_000])('%i clients', (count) => {
  test('nginx has nothing to say about their keys, and knows each', async () => {
    const names = clients(count);
    const config = await write(names);
    const said = await execa('nginx', ['-t', '-c', config, '-e', 'stderr'], { reject: false });
    expect({ code: said.exitCode, warnings: said.stderr.match(/\[(warn|emerg)\].*hash.*/g) }).toEqual({
      code: 0,
      warnings: null,
    });
    const stop = await startNginx(config);
    try {
      const ask = async (key: string) => {
        const url = ['--unix-socket', join(folder, 'socket'), 'http://x/'];
        return (await execa('curl', ['-sS', '-H', `X-Api-Key: ${key}`, ...url])).stdout;
      };
      const some = new Set([0, 63, 64, 3199, 3200, count - 1].filter((at) => at < count).map(nameOf));
      for (const client of some) expect(await ask(keyOf(client))).toBe(`<${client}.k1>`);
      for (const stranger of ['', 'x', keyOf('nobody'), keyOf(nameOf(0)).slice(1), '$rk_0'])
        expect(await ask(stranger)).toBe('<>');
    } finally {
      await stop();
    }
  });
});

test.each([0, 1, 64, 65, 130, 3201])('the host writes the same for %i clients', async (count) => {
  const names = clients(count);
  for (const name of names) {
    await mkdir(join(folder, 'clients', name), { recursive: true });
    await writeFile(join(folder, 'clients', name, 'key'), 'steady 1 0 1700000000\n');
    await mkdir(join(folder, 'keys'), { recursive: true });
    await writeFile(join(folder, 'keys', `${name}.k1`), keyOf(name));
  }
  const script = `set -eu\nstate=$1\n${KEY_MAP}\nprint_key_map`;
  const { stdout } = await execa('dash', ['-c', script, 'dash', folder]);
  expect(`${stdout}\n`).toBe(filled(names));
});
