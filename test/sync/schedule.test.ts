import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Client, HOST, makeClient } from './support/client.ts';
import { type Announced, clientToml, syncConf } from './support/files.ts';
import { gives } from './support/hostile.ts';
import { useSite } from './support/site.ts';
import { replaceProgram, VARIANTS } from './support/variants.ts';

const TOML = clientToml('now');
const HOUR = 1_800_000_000;

const site = useSite();
let client: Client;

/** The client's clock stands at `time` but for its sleeps, which take no time. */
function setClock(time: number): void {
  writeFileSync(join(client.root, 'clock'), `${time}\n`);
}

/** The times at which the server was asked, by the client's clock, while `run` ran. */
async function asksDuring(run: () => Promise<unknown>): Promise<number[]> {
  const times: number[] = [];
  const { answers } = site.server;
  site.server.answers = {
    ...answers,
    'sync.conf': (request, response) => {
      times.push(Number(readFileSync(join(client.root, 'clock'), 'utf8')));
      answers['sync.conf']?.(request, response);
    },
  };
  await run();
  site.server.answers = answers;
  return times;
}

/** The server announces this from now on, and the client has heard it. */
async function announce(announced: Announced): Promise<void> {
  const conf = syncConf(site.server.url, TOML, announced);
  site.server.answers = {
    'sync.conf': gives(conf, `"${JSON.stringify(announced).length}-1"`),
    'client.toml': gives(TOML),
  };
  client.write('sync.conf', `${conf}# etag "none"\n# from ${site.server.url}\n`);
}

describe.each(VARIANTS)('$shell with $tool', (variant) => {
  beforeEach(() => {
    client = makeClient(variant, site.server.url, site.authority.caFile);
    client.write('client.toml', TOML, 0o640);
    const clock = join(client.root, 'clock');
    replaceProgram(client.path, 'date', `if [ "$*" = +%s ]; then exec cat ${clock}; else exec REAL "$@"; fi`);
    replaceProgram(client.path, 'sleep', `read -r now <${clock}; echo $((now + $1)) >${clock}`);
  });
  afterEach(() => client.remove());

  test('of the ticks of ten minutes, one in five polls, at the same second of its minute', async () => {
    await announce({ poll: 300 });
    const times: number[] = [];
    for (let minute = 0; minute < 10; minute++) {
      setClock(HOUR + 60 * minute);
      times.push(...(await asksDuring(() => client.run('--tick', '60', HOST))));
    }
    expect(times).toHaveLength(2);
    const [first = 0, second = 0] = times;
    expect(second - first).toBe(300);
    expect(first % 60).toBeLessThanOrEqual(30);
  });

  test('a poll interval shorter than the tick polls at every tick', async () => {
    await announce({ poll: 20 });
    setClock(HOUR);
    expect(await asksDuring(() => client.run('--tick', '60', HOST))).toHaveLength(1);
  });

  test('just after finalize_at it polls, and twice again while the server has not moved', async () => {
    await announce({ poll: 86_400, finalizeAt: HOUR + 50 });
    setClock(HOUR);
    const times = await asksDuring(() => client.run('--tick', '60', HOST));
    expect(times.slice(-3)).toEqual([HOUR + 51, HOUR + 56, HOUR + 66]);
  });

  test('just after finalize_at it polls once when the server has moved', async () => {
    await announce({ poll: 86_400, finalizeAt: HOUR + 50 });
    site.server.answers = {
      'sync.conf': gives(syncConf(site.server.url, TOML, { poll: 86_400 }), '"moved"'),
    };
    setClock(HOUR);
    const times = await asksDuring(() => client.run('--tick', '60', HOST));
    expect(times.at(-1)).toBe(HOUR + 51);
    expect(times.length).toBeLessThanOrEqual(2);
  });

  test.each([
    ['past', -10],
    ['far ahead', 4000],
  ])('a finalize_at that is %s starts no poll', async (_when, seconds) => {
    await announce({ poll: 86_400, finalizeAt: HOUR + seconds });
    const polls: number[] = [];
    for (let tick = 0; tick < 3; tick++) {
      setClock(HOUR + 60 * tick);
      polls.push(...(await asksDuring(() => client.run('--tick', '60', HOST))));
    }
    expect(polls.length).toBeLessThanOrEqual(1);
  });
});
