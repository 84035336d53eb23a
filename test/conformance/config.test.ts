import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TomlTable } from 'smol-toml';
import { describe, expect } from 'vitest';
import { launch } from './harness/rathole.ts';
import { type Services, test } from './harness/site.ts';
import { visit } from './harness/visit.ts';

const PORT = 5000;
const SERVICES: Services = { web: { port: PORT, token: 't' } };

const head = (host: string): string => `[server]\nbind_addr = "${host}:2333"\n`;
const BAD: Readonly<Record<string, (host: string) => string>> = {
  'an unknown key': (host) => `${head(host)}prefer_ipv6 = true\n[server.services]\n`,
  'an unknown key in a service': (host) =>
    `${head(host)}[server.services.a]\nbind_addr = "${host}:5000"\ntoken = "t"\nlocal_addr = "x:1"\n`,
  'no token': (host) => `${head(host)}[server.services.a]\nbind_addr = "${host}:5000"\n`,
  'no address': (host) => `${head(host)}[server.services.a]\ntoken = "t"\n`,
  'no services': head,
  'an unknown type': (host) =>
    `${head(host)}[server.services.a]\ntype = "sctp"\nbind_addr = "x:1"\ntoken = "t"\n`,
  'a number as text': (host) => `${head(host)}heartbeat_interval = "30"\n[server.services]\n`,
  'a float as a whole number': (host) => `${head(host)}heartbeat_interval = 30.0\n[server.services]\n`,
  'a negative number': (host) => `${head(host)}heartbeat_interval = -1\n[server.services]\n`,
  'a number of 64 bits': (host) => `${head(host)}heartbeat_interval = ${2n ** 63n}\n[server.services]\n`,
  'a transport without type': (host) =>
    `${head(host)}[server.services]\n[server.transport.tcp]\nnodelay = true\n`,
  'a websocket without tls': (host) =>
    `${head(host)}[server.services]\n[server.transport]\ntype = "websocket"\n[server.transport.websocket]\n`,
  'bad TOML': (host) => `${head(host)}[server.services\n`,
  'an empty file': () => '',
  'neither role': () => '[other]\n',
};

describe.concurrent('a bad config', () => {
  test.for(Object.keys(BAD))('with %s: at the start exit 1 with the cause', async (what, { site }) => {
    const refused = site.start('server', BAD[what]?.(site.host) ?? '');
    expect(await refused.exited).toEqual({ code: 1, signal: null });
    expect(refused.log).toMatch(/^Error: .+\n\nCaused by:/s);
  });

  test('while running is ignored, and the old one serves on', async ({ site }) => {
    await site.tcpTarget();
    const server = await site.server(site.serverConfig(SERVICES));
    await site.client(site.clientConfig(SERVICES));
    await site.listening(PORT);
    for (const [index, text] of Object.values(BAD).entries()) {
      server.rewrite(text(site.host));
      await server.logged('The changed configuration is invalid. Ignored', index + 1);
      expect(await visit(site.at(PORT))).toBe('ok');
    }
    await sleep(200);
    expect(server.log).not.toContain('Service change detected');
  });
});

describe.concurrent('a config that is odd, but accepted while running', () => {
  test('an empty token', async ({ site }) => {
    const server = await site.server(site.serverConfig(SERVICES));
    const odd: Services = { web: { port: PORT, token: '' } };
    await server.reload(site.serverConfig(odd));
    await site.client(site.clientConfig(odd));
    await site.listening(PORT);
  });

  test.for([
    ['is none', () => 'nonsense'],
    ['names no host', () => ':5001'],
    ['has brackets around an IPv4 address', (host: string) => `[${host}]:5001`],
    ['has brackets around a name', () => '[localhost]:5001'],
  ] as const)(
    'an address that %s: the service never listens, the others go on',
    async ([, odd], { site }) => {
      await site.tcpTarget();
      const plan: Services = { ...SERVICES, odd: { port: 5001, token: 't' } };
      const config = site.serverConfig(SERVICES);
      const server = await site.server(config);
      const { bind_addr, services } = config['server'] as TomlTable;
      await server.reload({
        server: {
          bind_addr: bind_addr ?? '',
          services: { ...(services as TomlTable), odd: { bind_addr: odd(site.host), token: 't' } },
        },
      });
      await site.client(site.clientConfig(plan));
      await server.logged('service=odd');
      await server.logged('Retry in');
      await site.listening(PORT);
      expect(await visit(site.at(PORT))).toBe('ok');
    },
  );

  test.for(['+5000', '0005000'])('a port written as %s', async (port, { site }) => {
    const services = { web: { bind_addr: `${site.host}:${port}`, token: 't' } };
    await site.server({ server: { bind_addr: `${site.host}:+002333`, services } });
    await site.client(site.clientConfig(SERVICES));
    await site.listening(PORT);
  });

  test('no services at all: deletes all', async ({ site }) => {
    const server = await site.server(site.serverConfig(SERVICES));
    await site.client(site.clientConfig(SERVICES));
    await site.listening(PORT);
    await server.reload(site.serverConfig({}));
    await site.listening(PORT, false, 1500);
  });
});

describe.concurrent('it aborts, with all connections', () => {
  const ABORTED = { code: null, signal: 'SIGABRT' };

  test.for([
    ['a used address', (host: string) => `${host}:6000`],
    ['a foreign address', () => '192.0.2.1:2333'],
    ['no address', () => 'nonsense'],
    ['no host', () => ':2333'],
    ['an IPv4 address in brackets', (host: string) => `[${host}]:2333`],
  ] as const)('when server.bind_addr changes to %s', async ([, address], { site }) => {
    await site.tcpTarget(6000);
    const config = site.serverConfig(SERVICES);
    const server = await site.server(config);
    const { services } = config['server'] as TomlTable;
    server.rewrite({ server: { bind_addr: address(site.host), services: services ?? {} } });
    expect(await server.exited).toEqual(ABORTED);
  });

  test("when a server is given a client's config", async ({ site }) => {
    const server = await site.server(site.serverConfig(SERVICES));
    server.rewrite(site.clientConfig(SERVICES));
    expect(await server.exited).toEqual(ABORTED);
  });

  test('when started on a used address', async ({ site }) => {
    await site.tcpTarget(2333);
    expect(await site.start('server', site.serverConfig(SERVICES)).exited).toEqual(ABORTED);
  });

  test('when the websocket table is missing', async ({ site }) => {
    const config = site.serverConfig(SERVICES, { transport: { type: 'websocket' } });
    expect(await site.start('server', config).exited).toEqual(ABORTED);
  });

  test('when nothing says whether it is a server or a client', async ({ site }) => {
    const path = join(site.folder, 'both.toml');
    writeFileSync(
      path,
      `[server]\nbind_addr = "${site.host}:2333"\nservices = {}\n[client]\nremote_addr = "x:1"\nservices = {}\n`,
    );
    const both = launch(path, []);
    site.onClose(() => both.stop());
    expect(await both.exited).toEqual(ABORTED);
  });
});

describe.concurrent('the command line and the log', () => {
  test('the config alone tells the role', async ({ site }) => {
    const path = join(site.folder, 'alone.toml');
    writeFileSync(path, `[server]\nbind_addr = "${site.host}:2333"\nservices = {}\n`);
    const server = launch(path, []);
    site.onClose(() => server.stop());
    await server.logged(`Listening at ${site.host}:2333`);
  });

  test.for(['SIGTERM', 'SIGHUP', 'SIGUSR1'] as const)('%s ends it', async (signal, { site }) => {
    const server = await site.server(site.serverConfig(SERVICES));
    server.signal(signal);
    expect(await server.exited).toEqual({ code: null, signal });
  });

  test('--version names 0.5.0', async ({ site }) => {
    const asked = launch('--version', []);
    site.onClose(() => asked.stop());
    expect(await asked.exited).toEqual({ code: 0, signal: null });
    expect(asked.log).toMatch(/^rathole/);
    const short = launch('-V', []);
    expect(await short.exited).toEqual({ code: 0, signal: null });
    expect(short.log).toMatch(/^rathole v?0\.5\.0/);
  });

  test('both roles at once are a mistake in the call', async ({ site }) => {
    const call = launch(join(site.folder, 'none.toml'), ['--server', '--client']);
    expect(await call.exited).toEqual({ code: 2, signal: null });
  });

  test('logins are logged by name and by peer, and tokens never', async ({ site }) => {
    const token = 'never-to-be-seen';
    const plan: Services = { 'ssh.g7': { port: PORT, token } };
    const server = await site.server(site.serverConfig({ 'ssh.g7': { port: PORT, token: `${token}-old` } }));
    const client = await site.client(site.clientConfig(plan));
    await server.logged('Service ssh.g7 failed the authentication');
    await server.reload(site.serverConfig(plan));
    await server.logged('Control channel established service=ssh.g7');
    writeFileSync(client.path, `[client]\nremote_addr = "x:1"\n[client.services.a]\ntoken = "${token}`);
    await client.logged('Ignored');
    await sleep(100);
    expect(server.log).toMatch(
      /connection\{addr=127\.0\.0\.1:\d+\}.*Service ssh\.g7 failed the authentication/,
    );
    expect(server.log).not.toContain(token);
    expect(client.log).not.toContain(token);
  });
});
