import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Site } from './site.ts';
import { until } from './until.ts';

const BINARY = '/usr/sbin/nginx';
const STREAM_MODULE = '/usr/lib/nginx/modules/ngx_stream_module.so';

export interface NginxOptions {
  /** Blocks beside `events`: `stream { … }`, `http { … }`. */
  readonly blocks: string;
  readonly workers?: number;
  readonly workerConnections?: number;
}

export interface NginxCheck {
  readonly status: number | null;
  readonly output: string;
}

/** Debian's nginx with a config and a folder of its own, in the foreground. */
export class Nginx {
  readonly #folder: string;
  readonly #child: ChildProcess;

  private constructor(folder: string, child: ChildProcess) {
    this.#folder = folder;
    this.#child = child;
  }

  /** Starts it and waits until it listens: it writes its pid after that. */
  static async start(site: Site, options: NginxOptions): Promise<Nginx> {
    const folder = join(site.folder, 'nginx');
    mkdirSync(folder);
    writeConfig(folder, options);
    const child = spawn(BINARY, [...args(folder), '-g', 'daemon off;'], { stdio: 'ignore' });
    const nginx = new Nginx(folder, child);
    site.onClose(() => nginx.#stop());
    await until(
      () => nginx.#started,
      8000,
      () => `nginx: ${nginx.errors}`,
    );
    return nginx;
  }

  get #started(): boolean {
    const pid = join(this.#folder, 'nginx.pid');
    return existsSync(pid) && readFileSync(pid, 'utf8').endsWith('\n');
  }

  /** What `nginx -t` says to a config. */
  static check(site: Site, options: NginxOptions): NginxCheck {
    const folder = join(site.folder, 'nginx-check');
    mkdirSync(folder, { recursive: true });
    writeConfig(folder, options);
    return run([...args(folder), '-t']);
  }

  get errors(): string {
    return readFileSync(join(this.#folder, 'error.log'), 'utf8');
  }

  /** Writes another config, tests it and reloads. */
  reload(options: NginxOptions): { readonly test: NginxCheck; readonly reload: NginxCheck } {
    writeConfig(this.#folder, options);
    return { test: run([...args(this.#folder), '-t']), reload: run([...args(this.#folder), '-s', 'reload']) };
  }

  /** Open sockets of all workers, once the number has been the same for a while. */
  async settledSockets(): Promise<number> {
    let last = -1;
    let since = performance.now();
    await until(
      () => {
        const now = this.#sockets();
        if (now !== last) since = performance.now();
        last = now;
        return performance.now() - since > 400;
      },
      10_000,
      () => `a steady number of sockets, now ${last}`,
    );
    return last;
  }

  #sockets(): number {
    const children = readFileSync(`/proc/${this.#child.pid}/task/${this.#child.pid}/children`, 'utf8');
    const workers = children.trim().split(' ');
    return workers.flatMap((pid) => readdirSync(`/proc/${pid}/fd`)).length;
  }

  async #stop(): Promise<void> {
    if (this.#child.exitCode !== null) return;
    const exited = once(this.#child, 'exit');
    this.#child.kill('SIGTERM');
    await exited;
  }
}

const args = (folder: string): readonly string[] => ['-p', folder, '-c', 'nginx.conf', '-e', 'error.log'];

function run(command: readonly string[]): NginxCheck {
  const { status, stdout, stderr } = spawnSync(BINARY, [...command], { encoding: 'utf8' });
  return { status, output: `${stdout}${stderr}` };
}

function writeConfig(folder: string, { blocks, workers = 1, workerConnections = 768 }: NginxOptions): void {
  const text = `
    user root;
    load_module ${STREAM_MODULE};
    pid nginx.pid;
    error_log error.log;
    worker_processes ${workers};
    events { worker_connections ${workerConnections}; }
    ${blocks}
  `;
  writeFileSync(join(folder, 'nginx.conf'), text);
}

/** An http block whose server passes websockets on to the tunnel server; `more` goes into the location. */
export function httpProxy(site: Site, port: number, more = 'proxy_read_timeout 365d;', server = ''): string {
  const temp = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (kind) => `${kind}_temp_path temp-${kind};`,
  );
  return `http {
    access_log off;
    ${temp.join(' ')}
    server {
      listen ${site.host}:${port}${server === '' ? '' : ' ssl'};
      ${server}
      location / {
        proxy_pass http://${site.host}:2333;
        proxy_http_version 1.1;
        proxy_set_header Upgrade $http_upgrade;
        proxy_set_header Connection "upgrade";
        ${more}
      }
    }
  }`;
}
