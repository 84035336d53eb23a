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

const clock = () => Number(readFileSync(join(client.root, 'clock'), 'utf8'));

/**
 * The times at which the server was asked, by the client's clock, while `run` ran.
 * @param ahead seconds by which that clock is ahead of the server's
 */
async function asksDuring(run: () => Promise<unknown>, ahead = 0): Promise<number[]> {
  const times: number[] = [];
  const { answers } = site.server;
  site.server.answers = {
    ...answers,
    'sync.conf': (request, response) => {
      times.push(clock());
      response.setHeader('date', new Date(1000 * (clock() - ahead)).toUTCString());
      answers['sync.conf']?.(request, response);
    },
  };
  await run();
  site.server.answers = answers;
  return times;
}

const secondsAfter = (moment: number, from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, at) => moment + from + at);

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
    const file = join(client.root, 'clock');
    replaceProgram(client.path, 'date', `if [ "$*" = +%s ]; then exec cat ${file}; else exec REAL "$@"; fi`);
    replaceProgram(client.path, 'sleep', `read -r now <${file}; echo $((now + $1)) >${file}`);
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

  test.each([
    ['right', 0],
    ['ahead', 1_000_000],
    ['behind', -1_000_000],
  ])('clock %s: after finalize_at it polls each second until the server has moved', async (_, ahead) => {
    await announce({ poll: 60, finalizeAt: HOUR + 50 - ahead });
    const { answers } = site.server;
    const moved = gives(syncConf(site.server.url, TOML, { poll: 60 }), '"moved"');
    const answer = () => (clock() < HOUR + 53 ? answers['sync.conf'] : moved);
    site.server.answers = { 'sync.conf': (...exchange) => answer()?.(...exchange) };
    setClock(HOUR);
    const times = await asksDuring(() => client.run('--tick', '60', HOST), ahead);
    expect(times).toHaveLength(4);
    expect(times.slice(1)).toEqual(secondsAfter(HOUR + 50, 1, 3));
  });

  test('30 seconds after finalize_at it leaves that to the poll interval', async () => {
    await announce({ poll: 86_400, finalizeAt: HOUR - 25 });
    setClock(HOUR);
    const times = await asksDuring(() => client.run('--tick', '5', HOST));
    expect(times.slice(-5)).toEqual(secondsAfter(HOUR - 25, 26, 30));
  });

  test('it goes on while the server does not answer', async () => {
    await announce({ poll: 86_400, finalizeAt: HOUR - 25 });
    site.server.answers = { 'sync.conf': (_, response) => response.writeHead(503).end() };
    setClock(HOUR);
    const times = await asksDuring(async () => {
      expect(await client.run('--tick', '5', HOST)).toMatchObject({ status: 3 });
    });
    expect(times.slice(-5)).toEqual(secondsAfter(HOUR - 25, 26, 30));
  });

  test.each([
    ['past', -40],
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
