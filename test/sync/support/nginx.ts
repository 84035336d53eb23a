import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  readFileSync,
  renameSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { httpConfig } from '../../../src/artifacts/nginx-http.ts';
import { keyMap, type PullKey } from '../../../src/artifacts/pull/key-map.ts';
import type { PullPaths } from '../../../src/artifacts/pull/nginx.ts';
import type { DesiredServer } from '../../../src/model/desired.ts';
import type { Leaf } from './certificates.ts';

/** Debian's nginx on loopback, with the generated configuration and a folder of its own. */
export interface Nginx {
  readonly folder: string;
  readonly url: string;
  readonly httpUrl: string;
  /** Replaces what a client can fetch; the time is the file's, in Unix seconds. */
  publish(client: string, file: string, text: string, time: number): void;
  /** The lines of the record of pulls. */
  log(): readonly Readonly<Record<string, unknown>>[];
  stop(): Promise<void>;
}

export const SERVER: DesiredServer = {
  tunnel: 'home',
  host: { name: 'edge1', connection: { kind: 'local', become: false } },
  domain: '127.0.0.1',
  formerDomains: [],
  tls: { mode: 'self-signed' },
  transport: { kind: 'websocket', bind: { address: '127.0.0.1', port: 9 } },
  rathole: { version: '0.5.0', sha256: '0'.repeat(64) },
  heartbeatInterval: 20,
  services: [],
  rotation: {
    warnBefore: 0,
    grace: 900,
    cutover: 'blue-green',
    stragglers: 'hold',
    finalize: 'when-verified',
    atMost: 50,
  },
  prune: false,
  forbidInterruptions: [],
};

/** The API keys that the map holds, by client; the first has the number 1. */
export type Keys = Readonly<Record<string, readonly string[]>>;

export async function startNginx(folder: string, leaf: Leaf, keys: Keys): Promise<Nginx> {
  const [port, httpPort] = [await freePort(), await freePort()];
  const paths = {
    folder: join(folder, 'pull'),
    keys: join(folder, 'keys.conf'),
    log: join(folder, 'pull.log'),
  };
  const root = process.getuid?.() === 0;
  // The workers are another user, as on a real host, and must get through to the folder.
  chmodSync(folder, 0o755);
  writeKeys(paths, keys);
  writeFileSync(paths.log, '');
  mkdirSync(paths.folder, { mode: 0o755 });
  writeFileSync(
    join(folder, 'nginx.conf'),
    mainConfig(folder, root, serverConfig(paths, leaf, port, httpPort)),
  );
  const arguments_ = ['-p', folder, '-c', join(folder, 'nginx.conf'), '-e', join(folder, 'error.log')];
  const master = spawn('/usr/sbin/nginx', arguments_, { stdio: 'pipe' });
  await listening(port, master);
  const group = root ? Number(execFileSync('id', ['-g', 'www-data'], { encoding: 'utf8' })) : -1;
  return {
    folder,
    url: `https://127.0.0.1:${port}`,
    httpUrl: `http://127.0.0.1:${httpPort}`,
    publish: (client, file, text, time) => publish(join(paths.folder, client), file, text, time, group),
    log: () => lines(readFileSync(paths.log, 'utf8')).map((line) => JSON.parse(line)),
    stop: () => stopped(master),
  };
}

function writeKeys(paths: PullPaths, keys: Keys): void {
  const numbered = Object.entries(keys).flatMap(([client, all]) =>
    all.map((key, index): PullKey & { key: string } => ({ client, number: index + 1, key })),
  );
  let text = keyMap(numbered);
  for (const { client, number, key } of numbered) text = text.replace(`{{key ${client} k${number}}}`, key);
  writeFileSync(paths.keys, text, { mode: 0o600 });
}

/** The generated http configuration, with its ports and certificate in places of our own. */
function serverConfig(paths: PullPaths, leaf: Leaf, port: number, httpPort: number): string {
  return httpConfig(SERVER, paths)
    .replace('listen 80;', `listen 127.0.0.1:${httpPort};`)
    .replace('listen 443 ssl', `listen 127.0.0.1:${port} ssl`)
    .replaceAll(/listen \[::\].*\n/g, '')
    .replace(/ssl_certificate .*;/, `ssl_certificate ${leaf.certFile};`)
    .replace(/ssl_certificate_key .*;/, `ssl_certificate_key ${leaf.keyFile};`);
}

function mainConfig(folder: string, root: boolean, http: string): string {
  const temp = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'];
  return `${root ? 'user www-data;\n' : ''}daemon off;
worker_processes 1;
pid ${folder}/nginx.pid;
error_log ${folder}/error.log;
events { worker_connections 256; }
http {
  access_log off;
${temp.map((name) => `  ${name}_temp_path ${folder}/temp-${name};\n`).join('')}
${http}
}
`;
}

function publish(folder: string, file: string, text: string, time: number, group: number): void {
  mkdirSync(folder, { recursive: true, mode: 0o750 });
  chownSync(folder, -1, group);
  const path = join(folder, file);
  writeFileSync(`${path}.new`, text, { mode: 0o640 });
  chownSync(`${path}.new`, -1, group);
  utimesSync(`${path}.new`, time, time);
  renameSync(`${path}.new`, path);
}

const lines = (text: string) => text.split('\n').filter((line) => line !== '');

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => {
        if (address !== null && typeof address === 'object') resolve(address.port);
        else reject(new Error('no free port'));
      });
    });
  });
}

/** Resolves when nginx answers; rejects with its own words when it ends first. */
function listening(port: number, master: ChildProcess): Promise<void> {
  let said = '';
  master.stderr?.on('data', (data) => (said += data));
  return new Promise((resolve, reject) => {
    const timer = setInterval(async () => {
      try {
        execFileSync('curl', ['-sko', '/dev/null', '--max-time', '1', `https://127.0.0.1:${port}/`]);
        clearInterval(timer);
        resolve();
      } catch {}
    }, 50);
    master.on('exit', () => {
      clearInterval(timer);
      reject(new Error(`nginx ended: ${said}`));
    });
  });
}

function stopped(master: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    master.on('exit', () => resolve());
    master.kill('SIGTERM');
  });
}
