import { randomInt } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { httpConfig } from '../../src/artifacts/nginx-http.ts';
import { streamConfig } from '../../src/artifacts/nginx-stream.ts';
import { programPath } from '../../src/artifacts/paths.ts';
import { keyMap } from '../../src/artifacts/pull/key-map.ts';
import { serverUnit } from '../../src/artifacts/server-unit.ts';
import { nginxWord } from '../../src/codec/nginx.ts';
import { Unquotable } from '../../src/codec/unquotable.ts';
import { DNS, SHA, SSH, server, service } from '../planner/desired.ts';
import { BREAKOUTS } from './breakout.ts';
import { startNginx } from './nginx.ts';

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'artifacts-'));
  const key = [
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:P-256',
    '-nodes',
    '-keyout',
    join(folder, 'leaf.key'),
  ];
  await execa('openssl', [
    'req',
    '-x509',
    ...key,
    '-out',
    join(folder, 'leaf.pem'),
    '-subj',
    '/CN=test',
    '-days',
    '2',
  ]);
});
afterAll(() => rm(folder, { recursive: true }));

/** A whole nginx.conf of our two parts, with what this machine must not be asked for moved into the folder. */
async function writeNginx(http: string, stream: string): Promise<string> {
  const local = (text: string) =>
    text.replaceAll(
      /\/var\/log\/(nginx|reconcile)|\/etc\/nginx\/reconcile|\/var\/lib\/reconcile\/tls/g,
      folder,
    );
  await mkdir(join(folder, 'slots'), { recursive: true });
  for (const [, name] of stream.matchAll(/slots\/(\S+\.conf);/g)) {
    await writeFile(join(folder, 'slots', name ?? ''), 'server 127.78.1.1:1019 max_fails=0;\n');
  }
  await writeFile(join(folder, 'keys.conf'), keyMap([]));
  await writeFile(join(folder, 'http.conf'), local(http));
  await writeFile(join(folder, 'stream.conf'), local(stream));
  const main = `load_module /usr/lib/nginx/modules/ngx_stream_module.so;
pid ${folder}/nginx.pid;
error_log ${folder}/error.log;
events {}
http { access_log off; include ${folder}/http.conf; }
stream { include ${folder}/stream.conf; }
`;
  await writeFile(join(folder, 'nginx.conf'), main);
  return join(folder, 'nginx.conf');
}

describe("nginx -t takes the texts as Debian's nginx reads them", () => {
  const many = [
    DNS,
    SSH,
    service('v6', { bind: { address: '::1', port: 2223 } }),
    { ...DNS, name: 'v6-dns', bind: { address: '::1', port: 5354 } },
  ];
  test.each([
    ['websocket', server({ formerDomains: ['old.example.net'] }), many],
    [
      'tcp, and no service',
      server({ transport: { kind: 'tcp', bind: { address: '0.0.0.0', port: 2333 } } }),
      [],
    ],
  ])('%s', async (_, wanted, services) => {
    const config = await writeNginx(
      httpConfig(wanted),
      streamConfig(
        services.map((each) => ({ ...each, generation: 1 })),
        { visitors: 145 },
      ),
    );
    const { exitCode, stderr } = await execa('nginx', ['-t', '-c', config, '-e', 'stderr'], {
      reject: false,
    });
    expect(stderr).toContain('test is successful');
    expect(stderr).not.toContain('[warn]');
    expect(exitCode).toBe(0);
  });
});

describe('what nginx serves', () => {
  /** An address of its own, so that runs side by side don't meet. */
  const host = `127.${randomInt(64, 250)}.${randomInt(1, 250)}.${randomInt(1, 250)}`;
  const ports = { http: 24_080, https: 24_443, tunnel: 24_333 };
  const wanted = server({
    transport: { kind: 'websocket', bind: { address: host, port: ports.tunnel } },
  });
  const base = `https://${host}:${ports.https}`;
  const upgrade = ['-H', 'Connection: Upgrade', '-H', 'Upgrade: websocket'];
  let stop: () => Promise<void>;

  beforeAll(async () => {
    const http = httpConfig(wanted)
      .replaceAll(/^ *listen \[::\].*\n/gm, '')
      .replace('listen 80;', `listen ${host}:${ports.http};`)
      .replace('listen 443 ssl', `listen ${host}:${ports.https} ssl`);
    stop = await startNginx(await writeNginx(http, streamConfig([], { visitors: 145 })));
  });
  afterAll(() => stop());

  const ask = async (...args: string[]) => {
    const { stdout } = await execa('curl', ['-sk', '--max-time', '5', '-w', '\n%{http_code}', ...args]);
    return stdout.replaceAll(/^Date:.*\r?$/gm, '');
  };

  test('everything but the tunnel is one and the same decoy', async () => {
    const decoy = await ask('-i', `${base}/`);
    expect(decoy).toContain('{"status":"ok"}');
    expect(decoy).toMatch(/content-type: application\/json/i);
    for (const header of [
      'X-Content-Type-Options',
      'X-Frame-Options',
      'Content-Security-Policy',
      'Referrer-Policy',
    ]) {
      expect(decoy).toContain(header);
    }
    expect(await ask('-i', `${base}/any/path?q`)).toBe(decoy);
    expect(await ask('-i', '--path-as-is', `${base}/a/../@reconcile_tunnel`)).toBe(decoy);
    expect(await ask('-i', '-X', 'POST', ...upgrade, `${base}/`)).toBe(decoy);
    expect(await ask('-i', ...upgrade, `${base}/other`)).toBe(decoy);
  });

  test('a websocket on / reaches rathole: nobody is there, so nginx says 502', async () => {
    expect(await ask('--http1.1', ...upgrade, `${base}/`)).toMatch(/502$/);
  });

  test('/health says so, and plain HTTP is sent to https', async () => {
    expect(await ask(`${base}/health`)).toBe('{"status":"healthy"}\n\n200');
    expect(await ask('-i', `http://${host}:${ports.http}/x`)).toContain('https://tunnel.example.net/x');
  });
});

test('a quoted value comes back out of a running nginx as it went in', async () => {
  const words = BREAKOUTS.flatMap((value) => {
    try {
      return value.length > 4_000 ? [] : [{ value, word: nginxWord(value) }];
    } catch (error) {
      expect(error).toBeInstanceOf(Unquotable);
      return [];
    }
  });
  const locations = words.map(({ word }, at) => `location = /${at} { return 200 ${word}; }`).join('\n');
  const config = await writeNginx(`server { listen 127.0.0.1:24081; ${locations} }`, '');
  const stop = await startNginx(config);
  try {
    for (const [at, { value }] of words.entries()) {
      const { stdout } = await execa('curl', ['-s', `http://127.0.0.1:24081/${at}`], {
        stripFinalNewline: false,
      });
      expect(stdout).toBe(value);
    }
  } finally {
    await stop();
  }
});

describe('the unit', () => {
  test('is what systemd understands, and is as closed as promised', async () => {
    const units = join(folder, 'units');
    await mkdir(units);
    const path = join(units, 'rathole-server.service');
    await writeFile(path, serverUnit(server(), SHA).replace(programPath('0.5.0', SHA), '/usr/bin/true'));
    const verify = await execa('systemd-analyze', ['verify', '--man=no', path], { reject: false, all: true });
    expect(verify.all).not.toContain(path);
    expect(verify.exitCode).toBe(0);
    const security = await execa('systemd-analyze', ['security', '--offline=yes', '--threshold=25', path], {
      reject: false,
    });
    expect(security.stdout).toMatch(/Overall exposure level for rathole-server\.service: [0-2]\.\d/);
    expect(security.exitCode).toBe(0);
  });
});
