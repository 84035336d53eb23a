import { afterAll, beforeAll, expect, test } from 'vitest';
import { NGINX_HTTP } from '../../src/artifacts/paths.ts';
import { useLab } from '../lab/vitest.ts';
import { waitFor } from '../lab/wait.ts';
import { serveTargets } from '../prober/lab.ts';
import { pollNow } from './joined.ts';
import { Operator } from './tunnel.ts';

/** Seconds between polls. */
const POLL = 5;
/** What a tick, its jitter, the transfer and rathole's own reload may add to a poll. */
const SLACK = 6;

const lab = useLab({ bare: ['edge'], clients: ['desktop'] });
let operator: Operator;
const desktop = () => lab().host('desktop');
const edge = () => lab().host('edge');

const record = () => edge().must('cut -d " " -f 1-3 /var/lib/reconcile/rotation/web/record');
const polled = () => desktop().must('cat /etc/rathole/home-edge/sync.conf');
const toml = () => desktop().must('cat /etc/rathole/home-edge/client.toml');

async function ordered(verb: string, ...options: readonly string[]): Promise<void> {
  const { code, stderr } = await operator.run(operator.argv(verb, '--yes', ...options));
  expect({ code, stderr }, verb).toEqual({ code: 0, stderr: '' });
}

/** rathole takes a client for connected until its third visitor in vain. */
const visitedInVain = () =>
  waitFor(
    async () => {
      expect(await answer()).toBe('');
      return (await edge().must('ss -Htln src 127.0.0.0/8 and sport = :1019')) === '';
    },
    { what: 'rathole to close the slot of a client that is gone', every: 100 },
  );

/** An order is not carried out while server.toml is so new that a listener proves nothing: then it is given again. */
const finalized = (generation: number) =>
  waitFor(
    async () => {
      await ordered('finalize');
      return (await record()) === `steady ${generation} 0\n`;
    },
    { what: `generation ${generation} to be the only one`, every: 500 },
  );

/** A visitor of the service, once; curl gives up after 2 s. */
const answer = async () =>
  (await lab().control.exec(['curl', '-s', '--max-time', '2', 'http://edge.test:8080/'])).stdout;

const answers = (seconds: number) =>
  waitFor(async () => (await answer()).startsWith('desktop GET /') || undefined, {
    what: 'an answer',
    timeout: seconds * 1000,
  });

const playbook = (domain?: string, ...more: readonly string[]) =>
  operator.playbook({
    services: { web: { client: 'desktop', local: '127.0.0.1:8000', bind: '0.0.0.0:8080' } },
    poll: `${POLL}s`,
    ...(domain !== undefined && { domain }),
    more,
  });

/** Switches the client on, and gives the seconds from the end of its boot until visitors are answered. */
async function back(): Promise<string> {
  await desktop().powerOn();
  const start = performance.now();
  await serveTargets(desktop(), { id: 'desktop', http: 8000 });
  await answers(POLL + SLACK);
  return ((performance.now() - start) / 1000).toFixed(1);
}

beforeAll(async () => {
  operator = await Operator.start(lab(), ['edge']);
  await serveTargets(desktop(), { id: 'desktop', http: 8000 });
  playbook();
  await ordered('apply');
  await operator.join(desktop());
  await answers(SLACK);
});
afterAll(() => operator?.[Symbol.dispose]());

test('a client that was off for three rotations comes back by itself within one poll after boot', async () => {
  expect(await toml()).toContain('web.g1');
  await desktop().powerOff();
  await visitedInVain();
  for (const generation of [2, 3, 4]) {
    await ordered('rotate', '--no-wait');
    await finalized(generation);
  }
  console.info(`three rotations behind, back ${await back()} s after boot; polls are ${POLL} s apart`);
  expect(await toml()).toContain('web.g4');
  expect(await toml()).not.toMatch(/web\.g[123]/);
  expect(await operator.plan()).toMatchObject({ code: 0, stderr: '' });
});

test('a client that was off while its domain moved finds the new one by the former one', async () => {
  for (const each of [desktop(), edge()]) await each.must(`echo '${edge().address} moved.test' >>/etc/hosts`);
  await desktop().powerOff();
  playbook('moved.test');
  expect(await operator.plan()).toMatchObject({ code: 5, stdout: expect.stringContaining('[domain-gone]') });
  playbook('moved.test', 'former_domains: [edge.test]');
  await ordered('apply');
  await back();
  expect(await toml()).toContain('remote_addr = "moved.test:443"');
  expect(await polled()).toContain('server = https://moved.test\n');
});

test('once it has asked the new one, the former one can go', async () => {
  await waitFor(async () => (await polled()).includes('# from https://moved.test\n'), {
    what: 'a poll of the new domain',
  });
  playbook('moved.test');
  await ordered('apply');
  expect(await edge().must(`grep server_name ${NGINX_HTTP}`)).toBe('    server_name moved.test;\n'.repeat(2));
  expect(await pollNow(desktop(), 'home-edge')).toMatchObject({ code: 0 });
  await answers(SLACK);
});
