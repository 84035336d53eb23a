import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Client, makeClient } from './support/client.ts';
import { clientToml, KEY, NEXT_KEY, syncConf } from './support/files.ts';
import { gives } from './support/hostile.ts';
import { installPowerCut } from './support/machine.ts';
import { useSite } from './support/site.ts';
import { VARIANTS, type Variant } from './support/variants.ts';

const OLD = clientToml('old');
const NEW = clientToml('new');
const KEY_LINE = `header = X-Api-Key:${KEY}\n`;
const NEXT_KEY_LINE = `header = X-Api-Key:${NEXT_KEY}\n`;

const site = useSite();
let client: Client;

/** The client as it was before anything new came: the old client.toml, the first key. */
function reset(): void {
  client.write('client.toml', OLD, 0o640);
  client.write('key', KEY_LINE);
  client.write('sync.conf', syncConf(site.server.url, OLD));
}

function useClient(variant: Variant): void {
  beforeEach(() => {
    client = makeClient(variant, site.server.url, site.authority.caFile);
    reset();
    const conf = syncConf(site.server.url, NEW, { key: NEXT_KEY });
    site.server.answers = { 'sync.conf': gives(conf, '"2-2"'), 'client.toml': gives(NEW) };
  });
  afterEach(() => client.remove());
}

/**
 * Each shell and each downloader once: what a cut leaves depends on the order of the operations, which is the same for
 * all variants, as is shown below.
 */
const CUT: readonly Variant[] = [
  { shell: 'dash', tool: 'curl' },
  { shell: 'busybox ash', tool: 'wget' },
];

describe.each(CUT)('$shell with $tool', (variant) => {
  useClient(variant);

  test('a power cut before or after any operation: each file is the old or the new one, whole', async () => {
    const power = installPowerCut(client, variant);
    power.at(0);
    expect((await client.run()).status).toBe(0);
    const points = 2 * power.operations().length;
    expect(points).toBeGreaterThanOrEqual(28);
    for (let point = 1; point <= points; point++) {
      reset();
      power.at(point);
      const run = await client.run();
      const { 'client.toml': toml, key } = {
        'client.toml': client.read('client.toml'),
        key: client.read('key'),
      };
      expect({ point, status: run.status }).toEqual({ point, status: null });
      expect([OLD, NEW]).toContain(toml);
      expect([KEY_LINE, NEXT_KEY_LINE]).toContain(key);
      if (key === NEXT_KEY_LINE) expect(toml).toBe(NEW);
      expect(client.read('sync.conf')).toMatch(/# reconcile sha256 [0-9a-f]{64}\n/);
      if (point % 4 !== 0) continue;
      power.at(0);
      expect(await client.run(), `after a cut at point ${point}`).toMatchObject({ status: 0 });
      expect(client.read('client.toml')).toBe(NEW);
      expect(Object.keys(client.state())).toEqual(['.', 'ca.pem', 'client.toml', 'key', 'sync.conf']);
    }
  }, 60_000);
});

describe.each(VARIANTS)('$shell with $tool', (variant) => {
  useClient(variant);

  test('what is new is on the disk before it takes its place, and sync.conf is the last to', async () => {
    const power = installPowerCut(client, variant);
    power.at(0);
    await client.run();
    const put = (file: string, mode: string) => [
      `chmod ${mode} .${file}.new`,
      `sync .${file}.new`,
      `mv -f .${file}.new ${file}`,
      'sync .',
    ];
    const changes = power.operations().filter((line) => !line.startsWith(variant.tool));
    expect(changes).toEqual([
      ...put('client.toml', '0640'),
      ...put('key', '0600'),
      ...put('sync.conf', '0600'),
    ]);
  });
});
