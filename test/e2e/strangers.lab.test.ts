import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Host } from '../lab/host.ts';
import { useLab } from '../lab/vitest.ts';
import { type Ask, askAll } from './ask.ts';
import { pollNow } from './joined.ts';
import { sampleProcesses } from './sampling.ts';
import { alike, at, likeAnyPage, ownAtMost, TOML } from './stranger-requests.ts';
import { Operator } from './tunnel.ts';

const POLL = 5;

const lab = useLab({ bare: ['edge'], clients: ['desktop', 'attic'] });
let operator: Operator;
/** The API keys, read where they were made. */
let mine: string;
let others: string;
const desktop = () => lab().host('desktop');
const attic = () => lab().host('attic');
const edge = () => lab().host('edge');

const service = (client: string, port: number) => ({
  client,
  local: '127.0.0.1:8000',
  bind: `0.0.0.0:${port}`,
});
const playbook = (more = {}) =>
  operator.playbook({
    services: { web: service('desktop', 8080), cam: service('attic', 8082), ...more },
    poll: `${POLL}s`,
  });

async function applied(): Promise<void> {
  const { code, stderr } = await operator.apply();
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
}

const ask = (...asks: readonly Ask[]) => askAll(lab(), operator.at('ca.pem'), asks);
/** Without its keys. */
const told = (each?: Ask) => `${each?.url} ${each?.more?.join(' ').slice(0, 80) ?? ''}`;

const tokensOf = async (client: string) =>
  (await edge().must(`sed -n 's/^token = "\\(.*\\)"$/\\1/p' /var/lib/reconcile/pull/${client}/client.toml`))
    .split('\n')
    .filter(Boolean);

/** Both keys, and the tokens of both clients' two services. */
async function secrets(): Promise<readonly string[]> {
  const all = [mine, others, ...(await tokensOf('desktop')), ...(await tokensOf('attic'))];
  expect(new Set(all).size).toBe(6);
  return all;
}

/** Name, mode and owners of each path below a folder. */
const modes = async (host: Host, folder: string, paths: string) =>
  (await host.must(`cd ${folder} && stat -c '%n %a %U:%G' ${paths} | LC_ALL=C sort`)).trim().split('\n');

beforeAll(async () => {
  operator = await Operator.start(lab(), ['edge']);
  playbook();
  await applied();
  operator.write('ca.pem', await edge().read('/var/lib/reconcile/tls/ca.pem'));
  await operator.join(desktop());
  await operator.join(attic());
  const keyOf = async (client: string) => (await edge().read(`/var/lib/reconcile/keys/${client}.k1`)).trim();
  [mine, others] = [await keyOf('desktop'), await keyOf('attic')];
});
afterAll(() => operator?.[Symbol.dispose]());

test('no key and no token is in any argument or environment while services join, anywhere', async () => {
  const stop = sampleProcesses();
  playbook({ more: service('desktop', 8083), seen: service('attic', 8084) });
  await applied();
  // Slow enough for every process of a poll to be seen, and without client.toml it is fetched whole.
  await desktop().cable.delay(150);
  await desktop().must('rm /etc/rathole/home-edge/client.toml');
  expect(await pollNow(desktop(), 'home-edge')).toMatchObject({ code: 0 });
  await desktop().cable.mend();
  expect(await desktop().must('cat /etc/rathole/home-edge/client.toml')).toContain('more.g1');
  const texts = await stop();
  for (const known of ['/run/reconcile.', '--dump-header', 'https://edge.test/api/v1/client.toml']) {
    expect(texts.includes(known), known).toBe(true);
  }
  const known = await secrets();
  expect(known.filter((secret) => texts.includes(secret))).toEqual([]);
});

test('each key gets its own client and nothing of another', async () => {
  const files = ['client.toml', 'sync.conf', 'config'].map((file) => `/api/v1/${file}`);
  const answers = await ask(...files.flatMap((file) => [at(file, mine), at(file, others)]));
  const [toml, theirs, conf, , config] = answers;
  expect(toml).toContain('[client.services."web.g1"]');
  expect(theirs).toContain('[client.services."cam.g1"]');
  expect(conf).toContain('\nclient_toml = ');
  expect(config).toContain('no_pending_rotation');
  const theirSecrets = [others, ...(await tokensOf('attic'))];
  const ofMine = answers.filter((_, index) => index % 2 === 0).join('');
  for (const text of ['cam.g1', 'attic', ...theirSecrets])
    expect(ofMine.includes(text), text.slice(0, 4)).toBe(false);
});

test('wrong key, no key, other paths and other methods are one and the same answer: any page’s', async () => {
  const asks = likeAnyPage(mine, others);
  const [page, ...answers] = await ask(at('/some/page'), ...asks);
  expect(page).toMatch(/^HTTP\/1.1 200 [\s\S]*\{"status":"ok"\}\n$/);
  for (const [index, answer] of answers.entries()) expect(answer, told(asks[index])).toBe(page);
});

test('what nginx answers by itself, it answers alike with and without a key', async () => {
  const pairs = alike(mine);
  const answers = await ask(...pairs.flat());
  for (const [index, [each]] of pairs.entries()) {
    expect(answers[2 * index], told(each)).toMatch(/^HTTP\/1\.[01] /);
    expect(answers[2 * index], told(each)).toBe(answers[2 * index + 1]);
  }
  expect(answers.at(-1)).toMatch(/^HTTP\/1.1 301 Moved[\s\S]*Location: https:\/\/edge.test\/api/);
});

test('of two headers, and by other spellings of its own path, a key gets its own at most', async () => {
  const asks = ownAtMost(mine, others);
  const [own, ...answers] = await ask(at(TOML, mine), ...asks);
  expect(own).toContain('# reconcile sha256');
  for (const [index, answer] of answers.entries()) expect(answer, told(asks[index])).toBe(own);
});

test('no key and no token is in a log or a journal of either side', async () => {
  const known = (await secrets()).join('\n');
  for (const host of [edge(), desktop(), attic()]) {
    await host.write('/root/secrets', known, { mode: '0600' });
    expect(
      await host.must(`journalctl --no-pager | grep -F -f /root/secrets || :
        grep -rlF -f /root/secrets /var/log /run /tmp /dev/shm || :`),
    ).toBe('');
    await host.must('rm /root/secrets');
  }
  expect(await edge().must('cat /var/log/nginx/access.log')).toContain('/api/v1/..%2fattic%2fclient.toml');
});

test('on the server nginx’s workers read what is served, and nobody but root reads the rest', async () => {
  expect(await modes(edge(), '/var/lib/reconcile', 'pull pull/desktop pull/desktop/*')).toEqual([
    'pull 750 root:www-data',
    'pull/desktop 750 root:www-data',
    'pull/desktop/client.toml 640 root:www-data',
    'pull/desktop/config 640 root:www-data',
    'pull/desktop/sync.conf 640 root:www-data',
  ]);
  const rest = 'keys keys/desktop.k1 clients clients/desktop clients/desktop/* fragments/client/desktop salt';
  expect(await modes(edge(), '/var/lib/reconcile', rest)).toEqual([
    'clients 700 root:root',
    'clients/desktop 700 root:root',
    'clients/desktop/key 600 root:root',
    'clients/desktop/settings 600 root:root',
    'fragments/client/desktop 700 root:root',
    'keys 700 root:root',
    'keys/desktop.k1 600 root:root',
    'salt 600 root:root',
  ]);
  expect(await modes(edge(), '/etc', 'nginx/reconcile/keys.conf rathole rathole/server.toml')).toEqual([
    'nginx/reconcile/keys.conf 600 root:root',
    'rathole 750 root:rathole',
    'rathole/server.toml 640 root:rathole',
  ]);
  for (const [user, paths] of [
    ['www-data', 'keys/desktop.k1 clients/desktop/key fragments/client/desktop/*'],
    ['visitor', 'pull/desktop/client.toml pull/desktop/sync.conf pull/desktop/config'],
  ] as const) {
    const { stdout } = await edge().exec(
      `cd /var/lib/reconcile && runuser -u ${user} -- cat ${paths} 2>/dev/null`,
    );
    expect(stdout, user).toBe('');
  }
});

test('on the client rathole reads its configuration, and nobody but root reads the key', async () => {
  expect(await modes(desktop(), '/etc/rathole', '. home-edge home-edge/*')).toEqual([
    '. 750 root:rathole',
    'home-edge 2750 root:rathole',
    'home-edge/bundle 600 root:rathole',
    'home-edge/ca.pem 640 root:rathole',
    'home-edge/client.toml 640 root:rathole',
    'home-edge/key 600 root:rathole',
    'home-edge/rathole 777 root:rathole',
    'home-edge/sync.conf 600 root:rathole',
  ]);
  const program = '/usr/local/lib/reconcile';
  expect(await modes(desktop(), program, '. bin sync')).toEqual([
    '. 755 root:root',
    'bin 755 root:root',
    'sync 755 root:root',
  ]);
  const { stdout } = await desktop().exec(
    'cd /etc/rathole/home-edge && for user in rathole visitor; do runuser -u $user -- cat key sync.conf 2>/dev/null; done',
  );
  expect(stdout).toBe('');
  expect((await desktop().exec('runuser -u visitor -- cat /etc/rathole/home-edge/client.toml')).stdout).toBe(
    '',
  );
});
