import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Client, ended, makeClient } from './support/client.ts';
import { clientToml, KEY, NEXT_KEY, syncConf } from './support/files.ts';
import { gives } from './support/hostile.ts';
import { runOnFullDisk } from './support/machine.ts';
import { useSite } from './support/site.ts';
import { VARIANTS } from './support/variants.ts';

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

describe.each(VARIANTS)('$shell with $tool', (variant) => {
  beforeEach(() => {
    client = makeClient(variant, site.server.url, site.authority.caFile);
    reset();
    const conf = syncConf(site.server.url, NEW, { key: NEXT_KEY });
    site.server.answers = { 'sync.conf': gives(conf, '"2-2"'), 'client.toml': gives(NEW) };
  });
  afterEach(() => client.remove());

  test.each([0, 4])(
    'a disk that is full but for %i KiB: whole files, and later the new ones',
    async (free) => {
      const { full, roomy } = await runOnFullDisk(client, variant, free);
      expect(full).toMatchObject({ status: 6, log: expect.stringMatching(/cannot write .*disk full/) });
      expect([OLD, NEW]).toContain(full.files['client.toml']);
      expect([KEY_LINE, NEXT_KEY_LINE]).toContain(full.files['key']);
      expect(full.files['sync.conf']).toBe(syncConf(site.server.url, OLD));
      expect(Object.keys(full.files).sort()).toEqual(['ca.pem', 'client.toml', 'key', 'sync.conf']);
      expect(roomy.status, roomy.log).toBe(0);
      expect(roomy.files).toMatchObject({ 'client.toml': NEW, key: NEXT_KEY_LINE });
    },
  );

  test('two runs at once: the second says so and leaves the first alone', async () => {
    const { answers } = site.server;
    const release = new Promise<() => void>((resolve) => {
      site.server.answers = {
        ...answers,
        'client.toml': (request, response) => resolve(() => gives(NEW)(request, response)),
      };
    });
    const first = ended(client.start());
    const answer = await release;
    expect(await client.run()).toEqual({ status: 7, log: expect.stringContaining('another run is at work') });
    answer();
    expect(await first).toMatchObject({ status: 0 });
    expect(client.read('client.toml')).toBe(NEW);
  });

  test('a run that was killed leaves no lock', async () => {
    const { answers } = site.server;
    const asked = new Promise<void>((resolve) => {
      site.server.answers = { 'sync.conf': () => resolve() };
    });
    const child = client.start();
    const end = ended(child);
    await asked;
    process.kill(-(child.pid ?? 0), 'SIGKILL');
    await end;
    site.server.answers = answers;
    expect((await client.run()).status).toBe(0);
  });
});
