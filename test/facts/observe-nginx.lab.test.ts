import { expect, test } from 'vitest';
import { useLab } from '../lab/vitest.ts';
import { observe as observeIn, there } from './observe-lab.ts';

const lab = useLab({ vps: ['edge'] });
const edge = () => lab().host('edge');
const observe = (host: string, ...rest: [capture?: string, shell?: string]) =>
  observeIn(lab(), host, ...rest);

test('nginx is seen as it runs', async () => {
  const facts = await observe('edge');
  const nginx = there(facts.nginx);
  const now = there(facts.clock);
  expect(nginx).toMatchObject({
    version: '1.22.1',
    stream: true,
    configError: '',
    streamBlocks: [],
    workerConnections: 768,
    reloadErrors: [],
    includes: { main: ['/etc/nginx/modules-enabled/*.conf'] },
  });
  expect(nginx.includes.http).toContain('/etc/nginx/conf.d/*.conf');
  expect(nginx.workersStarted).toBeGreaterThan(now - 600);
  expect(nginx.workersStarted).toBeLessThan(now);
  expect(there(facts.users).nginx).toEqual({ user: 'www-data', group: 'www-data' });
  expect(there(facts.listeners)).toContainEqual(
    expect.objectContaining({
      address: '0.0.0.0',
      port: 80,
      processes: expect.arrayContaining([
        { name: 'nginx', pid: there(facts.units)['nginx.service']?.mainPid },
      ]),
    }),
  );
});

test('a reload that only looks successful shows, and so does its mending', async () => {
  const before = there((await observe('edge')).nginx);
  await edge().write('/etc/nginx/conf.d/squat.conf', 'server { listen 22; }\n');
  await edge().must('nginx -t && nginx -s reload');
  await expect
    .poll(async () => there((await observe('edge')).nginx).reloadErrors, { timeout: 10_000, interval: 300 })
    .toContain('bind() to 0.0.0.0:22 failed (98: Address already in use)');
  const stuck = there((await observe('edge')).nginx);
  expect(stuck.configError).toBe('');
  expect(Math.abs(stuck.workersStarted - before.workersStarted)).toBeLessThan(0.1);

  await edge().must('rm /etc/nginx/conf.d/squat.conf');
  // The errors are told to the second: the mending reload must come in a later one.
  await edge().must('sleep 1; nginx -s reload');
  await expect
    .poll(async () => there((await observe('edge')).nginx).workersStarted, { timeout: 10_000, interval: 300 })
    .toBeGreaterThan(before.workersStarted + 1);
  expect(there((await observe('edge')).nginx).reloadErrors).toEqual([]);
});

test('an invalid configuration is told without times, and leaves no trace in the log', async () => {
  await edge().write('/etc/nginx/conf.d/bad.conf', 'nonsense on;\n');
  const log = await edge().must('stat -c %s /var/log/nginx/error.log');
  const facts = await observe('edge', 'invalid-nginx');
  expect(there(facts.nginx)).toMatchObject({
    configError: expect.stringMatching(/^unknown directive "nonsense" in \/etc\/nginx\/conf.d\/bad.conf:1\n/),
    workerConnections: 768,
    includes: { main: ['/etc/nginx/modules-enabled/*.conf'] },
  });
  expect(there(facts.users).nginx?.user).toBe('www-data');
  expect(await edge().must('stat -c %s /var/log/nginx/error.log')).toBe(log);
  await edge().must('rm /etc/nginx/conf.d/bad.conf');
});

test('foreign stream blocks, UDP, IPv6 and live connections are seen', async () => {
  await edge().write(
    '/etc/nginx/modules-enabled/99-own.conf',
    'stream { server { listen 127.0.0.1:5353 udp; proxy_pass 127.0.0.1:1; }\n' +
      'server { listen [::1]:8022; listen 8022; proxy_pass 127.0.0.1:22; } }\n',
  );
  await edge().must('nginx -t && nginx -s reload');
  await expect
    .poll(async () => there((await observe('edge')).listeners), { timeout: 10_000, interval: 300 })
    .toContainEqual(expect.objectContaining({ protocol: 'tcp', address: '::1', port: 8022 }));
  await using held = lab().control.start([
    'ssh',
    '-F',
    lab().sshConfig,
    'root@edge',
    'echo ready; exec sleep 60',
  ]);
  await held.line(/ready/);
  const facts = await observe('edge', 'stream');
  expect(there(facts.nginx).streamBlocks).toEqual(['/etc/nginx/modules-enabled/99-own.conf']);
  expect(there(facts.listeners)).toContainEqual(
    expect.objectContaining({ protocol: 'udp', address: '127.0.0.1', port: 5353 }),
  );
  expect(there(facts.connections)).toEqual({ [`${edge().address}:22`]: 1 });
});
