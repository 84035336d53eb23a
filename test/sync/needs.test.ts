import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Client, makeClient } from './support/client.ts';
import { clientToml, syncConf } from './support/files.ts';
import { type Answer, gives } from './support/hostile.ts';
import { useSite } from './support/site.ts';
import { replaceProgram, VARIANTS } from './support/variants.ts';

/** Of this run only: another test may well have made-up secrets in its command lines. */
const [KEY, NEXT_KEY] = [randomBytes(16).toString('hex'), randomBytes(16).toString('hex')];
const NEW = clientToml(KEY);
const TOKEN = /token = "(\w+)"/.exec(NEW)?.[1] ?? '';

const site = useSite();
let client: Client;

/** The command lines and environments of everything that runs on this machine. */
function processes(): string {
  const read = (file: string) => {
    try {
      return readFileSync(file, 'latin1');
    } catch {
      return '';
    }
  };
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return pids.map((pid) => read(`/proc/${pid}/cmdline`) + read(`/proc/${pid}/environ`)).join('\n');
}

describe.each(VARIANTS)('$shell with $tool', (variant) => {
  beforeEach(() => {
    client = makeClient(variant, site.server.url, site.authority.caFile);
    client.write('key', `header = X-Api-Key:${KEY}\n`);
    const conf = syncConf(site.server.url, NEW, { key: NEXT_KEY });
    site.server.answers = { 'sync.conf': gives(conf), 'client.toml': gives(NEW) };
  });
  afterEach(() => client.remove());

  test('keys and tokens are in no command line, environment or log, and only their owner reads them', async () => {
    let seen = '';
    const looks =
      (answer: Answer | undefined): Answer =>
      (request, response) => {
        seen += processes();
        answer?.(request, response);
      };
    const { answers } = site.server;
    site.server.answers = {
      'sync.conf': looks(answers['sync.conf']),
      'client.toml': looks(answers['client.toml']),
    };
    const { status, log } = await client.run();
    expect(status).toBe(0);
    expect(seen).toContain(client.script);
    for (const secret of [KEY, NEXT_KEY, TOKEN]) {
      expect(seen.includes(secret), 'in a process').toBe(false);
      expect(log.includes(secret), 'in the log').toBe(false);
    }
    const modes = Object.entries(client.state()).map(([name, text]) => `${name} ${text.split(' ')[0]}`);
    expect(modes).toEqual(['. 750', 'ca.pem 644', 'client.toml 640', 'key 600', 'sync.conf 600']);
  });

  test.each([
    [[], 1, /usage: /],
    [['../etc'], 1, /usage: /],
    [['--tick', 'x', 'home-edge1'], 1, /usage: /],
    [['nowhere'], 1, /no folder .*nowhere: install the bundle/],
  ])('called with %j', async (args, status, log) => {
    const run = await client.run(...(args.length === 0 ? ['', ''] : args));
    expect(run).toEqual({ status, log: expect.stringMatching(log) });
  });

  test('without its key', async () => {
    unlinkSync(join(client.folder, 'key'));
    expect(await client.run()).toEqual({
      status: 1,
      log: expect.stringContaining('install the bundle again'),
    });
  });

  test('without a downloader, with an unfit one, without a lock', async () => {
    unlinkSync(join(client.path, variant.tool));
    expect(await client.run()).toEqual({
      status: 1,
      log: expect.stringContaining('neither curl nor GNU wget'),
    });
    replaceProgram(client.path, 'wget', 'exec /usr/bin/env busybox wget "$@"');
    expect(await client.run()).toEqual({
      status: 1,
      log: expect.stringMatching(/not GNU wget \(busybox wget verifies no certificates\)/),
    });
    unlinkSync(join(client.path, 'flock'));
    expect(await client.run()).toEqual({ status: 1, log: expect.stringContaining('flock is missing') });
    expect(client.read('client.toml')).toBeUndefined();
  });
});
