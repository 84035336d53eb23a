import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { createConnection, createServer } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TomlTable } from 'smol-toml';
import { describe, expect } from 'vitest';
import { httpProxy, Nginx } from './harness/nginx.ts';
import { type Services, type Site, test } from './harness/site.ts';
import { visit } from './harness/visit.ts';

const PORT = 5000;
const HTTP = 7080;
const WEB: Services = { web: { port: PORT, token: 't' } };
const OVER: TomlTable = { transport: { type: 'websocket', websocket: { tls: false } } };
const ABORTED = { code: null, signal: 'SIGABRT' };

/** A client's config for another address than the server's own. */
const towards = (site: Site, remote: string, more: TomlTable = OVER): TomlTable => {
  const { client } = site.clientConfig(WEB, more);
  return { client: { ...(client as TomlTable), remote_addr: remote } };
};

/** A server that answers each connection's first bytes with `answer` and hangs up; gives what it was asked. */
async function canned(site: Site, port: number, answer: string): Promise<readonly string[]> {
  const asked: string[] = [];
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', (chunk) => {
      asked.push(chunk.toString('latin1'));
      socket.end(answer);
    });
  });
  server.listen(port, site.host);
  await once(server, 'listening');
  site.onClose(() => void server.close());
  return asked;
}

describe.concurrent("the websocket client's handshake", () => {
  test('a 502 aborts the client, and the request was for the path /', async ({ site }) => {
    const asked = await canned(site, HTTP, 'HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n');
    const client = site.start('client', towards(site, `${site.host}:${HTTP}`));
    expect(await client.exited).toEqual(ABORTED);
    expect(asked[0]).toMatch(/^GET \/ HTTP\/1\.1\r\n/);
    expect(asked[0]?.toLowerCase()).toContain(`host: ${site.host}:${HTTP}\r\n`);
  });

  test('a connection that is accepted and closed aborts the client', async ({ site }) => {
    await canned(site, HTTP, '');
    expect(await site.start('client', towards(site, `${site.host}:${HTTP}`)).exited).toEqual(ABORTED);
  });

  test('a refused connection is tried again', async ({ site }) => {
    const client = await site.client(site.clientConfig(WEB, OVER));
    await client.logged('Retry in', 2);
    await site.tcpTarget();
    await site.server(site.serverConfig(WEB, OVER));
    await site.listening(PORT, true, 4000);
    expect(await visit(site.at(PORT))).toBe('ok');
    expect(client.running).toBe(true);
  });

  test('a URL is no remote_addr: the client never connects', async ({ site }) => {
    const asked = await canned(site, HTTP, '');
    const client = await site.client(towards(site, `wss://${site.host}:${HTTP}`));
    await client.logged('Retry in', 2);
    expect(asked).toEqual([]);
    expect(client.running).toBe(true);
  });
});

describe.concurrent('the websocket server', () => {
  test('shakes hands in its accept loop: a connection that says nothing holds up all others for 5 s', async ({
    site,
  }) => {
    await site.tcpTarget();
    const server = await site.server(site.serverConfig(WEB, OVER));
    const start = performance.now();
    const idle = createConnection({ host: site.host, port: 2333 });
    idle.on('error', () => undefined);
    site.onClose(() => void idle.destroy());
    await once(idle, 'connect');
    await sleep(100);
    await site.client(site.clientConfig(WEB, OVER));
    await site.listening(PORT, true, 9000);
    expect(performance.now() - start).toBeGreaterThan(4900);
    await server.logged('handshake timeout');
  });

  test.for([
    ['the beginning of a TLS handshake', Buffer.from('16030100c8010000c40303', 'hex')],
    ['a rathole that speaks no websocket', Buffer.concat([Buffer.of(0, 0, 0, 0, 1), Buffer.alloc(32, 7)])],
    ['another protocol in words', Buffer.from('SSH-2.0-OpenSSH_9.6\r\n')],
  ] as const)('drops %s at once, so that nobody waits for it', async ([, bytes], { site }) => {
    const server = await site.server(site.serverConfig(WEB, OVER));
    const stranger = createConnection({ host: site.host, port: 2333 }).on('error', () => undefined);
    site.onClose(() => void stranger.destroy());
    stranger.resume().write(bytes);
    await once(stranger, 'close');
    await server.logged('Failed to do transport handshake');
    expect(server.log).not.toContain('handshake timeout');
  });

  test('waits for the rest of what may still become a request', async ({ site }) => {
    const server = await site.server(site.serverConfig(WEB, OVER));
    const slow = createConnection({ host: site.host, port: 2333 }).on('error', () => undefined);
    site.onClose(() => void slow.destroy());
    slow.write('GET /tunnel HTT');
    await server.logged('handshake timeout');
  });

  test('ends a connection whose visitor closed only one half', async ({ site }) => {
    await site.tcpTarget();
    await site.server(site.serverConfig(WEB, OVER));
    await site.client(site.clientConfig(WEB, OVER));
    await site.listening(PORT);
    const socket = createConnection({ host: site.host, port: PORT, allowHalfOpen: true });
    let heard = '';
    socket.on('data', (chunk) => {
      heard += chunk;
    });
    socket.on('error', () => undefined);
    socket.end('question');
    await once(socket, 'close');
    expect(heard).not.toContain('bye');
  });
});

describe('TLS in front of the websocket', () => {
  /** A CA and a certificate for `tunnel.test`; gives the paths. */
  const certify = (site: Site) => {
    const at = (name: string) => join(site.folder, name);
    const openssl = (...args: string[]) => execFileSync('openssl', args, { stdio: 'pipe' });
    const key = (name: string) => [
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:prime256v1',
      '-nodes',
      '-keyout',
      at(name),
    ];
    openssl('req', '-x509', ...key('ca.key'), '-out', at('ca.pem'), '-subj', '/CN=test CA', '-days', '2');
    const san = ['-addext', 'subjectAltName=DNS:tunnel.test'];
    const ca = ['-CA', at('ca.pem'), '-CAkey', at('ca.key')];
    openssl(
      'req',
      '-x509',
      ...ca,
      ...key('key'),
      '-out',
      at('cert'),
      '-subj',
      '/CN=tunnel.test',
      '-days',
      '2',
      ...san,
    );
    return { ca: at('ca.pem'), cert: at('cert'), key: at('key') };
  };

  const secure = (tls: TomlTable): TomlTable => ({
    transport: { type: 'websocket', websocket: { tls: true }, tls },
  });

  test('trusted_root adds a CA and hostname overrides the name; without them it is retried, not aborted', async ({
    site,
  }) => {
    const { ca, cert, key } = certify(site);
    const server = `ssl_certificate ${cert}; ssl_certificate_key ${key};`;
    await Nginx.start(site, { blocks: httpProxy(site, HTTP, 'proxy_read_timeout 1h;', server) });
    await site.tcpTarget();
    await site.server(site.serverConfig(WEB, OVER));
    const remote = `${site.host}:${HTTP}`;
    const client = await site.client(towards(site, remote, secure({})));
    await client.logged('Retry in', 1);
    client.rewrite(towards(site, remote, secure({ trusted_root: ca })));
    await client.logged('Retry in', 3);
    expect(site.isListening(PORT)).toBe(false);
    client.rewrite(towards(site, remote, secure({ trusted_root: ca, hostname: 'tunnel.test' })));
    await site.listening(PORT);
    expect(await visit(site.at(PORT))).toBe('ok');
    expect(client.running).toBe(true);
  });

  test('a trusted_root that is missing or no certificate, or no tls table, aborts', async ({ site }) => {
    const missing = secure({ trusted_root: join(site.folder, 'none.pem') });
    const garbage = secure({ trusted_root: join(import.meta.dirname, 'harness/until.ts') });
    const none = { transport: { type: 'websocket', websocket: { tls: true } } };
    for (const more of [missing, garbage, none]) {
      expect(await site.start('client', site.clientConfig(WEB, more)).exited).toEqual(ABORTED);
    }
  });
});
