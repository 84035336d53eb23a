import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const USER = userInfo().username;

/** A folder with a client's keys, its ssh_config and known_hosts, and the servers started for it. */
export class SshWorld implements AsyncDisposable {
  readonly folder = mkdtempSync(join(tmpdir(), 'reconcile-ssh-'));
  readonly configFile = this.path('config');
  readonly knownHosts = this.path('known_hosts');
  readonly #servers: ChildProcess[] = [];

  constructor() {
    this.makeKey('id');
    writeFileSync(this.path('authorized_keys'), readFileSync(this.path('id.pub')), { mode: 0o600 });
    writeFileSync(this.knownHosts, '');
  }

  path(name: string): string {
    return join(this.folder, name);
  }

  /** Makes `NAME` and `NAME.pub`, and returns the public half as `TYPE BASE64`. */
  makeKey(name: string, options: { readonly type?: string; readonly passphrase?: string } = {}): string {
    const { type = 'ed25519', passphrase = '' } = options;
    execFileSync('ssh-keygen', ['-q', '-t', type, '-N', passphrase, '-C', '', '-f', this.path(name)]);
    return this.publicKey(name);
  }

  publicKey(name: string): string {
    return readFileSync(this.path(`${name}.pub`), 'utf8').trim();
  }

  /** As ssh-keygen says it, for comparison with our own. */
  fingerprint(name: string): string {
    const said = execFileSync('ssh-keygen', ['-lf', this.path(`${name}.pub`)], { encoding: 'utf8' });
    return said.split(' ')[1] ?? '';
  }

  /** Writes ssh_config: the given blocks, with this folder's key and known_hosts for every host. */
  configure(text: string): void {
    writeFileSync(
      this.configFile,
      `${text}\nHost *\n  User ${USER}\n  HostName 127.0.0.1\n  IdentityFile ${this.path('id')}\n` +
        `  UserKnownHostsFile ${this.knownHosts}\n  GlobalKnownHostsFile none\n  IdentityAgent none\n`,
    );
  }

  know(...lines: readonly string[]): void {
    writeFileSync(this.knownHosts, `${lines.join('\n')}\n`);
  }

  hashKnownHosts(): void {
    execFileSync('ssh-keygen', ['-H', '-f', this.knownHosts], { stdio: 'ignore' });
  }

  /** Starts Debian's sshd on a free loopback port, with the host keys of these names. */
  async serve(hostKeys: readonly string[], extra: readonly string[] = []): Promise<number> {
    // Root's sshd wants its empty folder, which the service would have made.
    if (process.getuid?.() === 0) mkdirSync('/run/sshd', { recursive: true, mode: 0o755 });
    const port = await freePort();
    const file = this.path(`sshd_config.${port}`);
    const settings = [
      `ListenAddress 127.0.0.1:${port}`,
      ...hostKeys.map((name) => `HostKey ${this.path(name)}`),
      `AuthorizedKeysFile ${this.path('authorized_keys')}`,
      'StrictModes no',
      'UsePAM no',
      'PidFile none',
      'PermitRootLogin prohibit-password',
      ...extra,
    ];
    writeFileSync(file, `${settings.join('\n')}\n`);
    const server = spawn('/usr/sbin/sshd', ['-D', '-e', '-f', file], { stdio: ['ignore', 'ignore', 'pipe'] });
    this.#servers.push(server);
    const said: string[] = [];
    for await (const line of createInterface({ input: server.stderr })) {
      said.push(line);
      if (line.startsWith('Server listening')) {
        server.stderr.resume();
        return port;
      }
    }
    throw new Error(`sshd does not start: ${said.join('\n')}`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const server of this.#servers) {
      if (server.exitCode !== null) continue;
      const gone = new Promise((resolve) => server.once('exit', resolve));
      server.kill();
      await gone;
    }
    rmSync(this.folder, { recursive: true });
  }
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
