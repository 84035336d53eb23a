import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Host } from '../lab/host.ts';
import type { Lab } from '../lab/lab.ts';
import { PROJECT } from '../lab/project.ts';
import { ratholeProgram } from '../lab/rathole.ts';
import type { Ran } from '../lab/run.ts';
import type { Running } from '../lab/start.ts';

export interface ServiceText {
  readonly client: string;
  readonly local: string;
  readonly bind: string;
  readonly type?: 'udp';
  readonly cutover?: 'in-place';
}

export interface PlaybookText {
  readonly services: Readonly<Record<string, ServiceText>>;
  /** Without it, each host's name in the lab. */
  readonly domain?: string;
  /** More lines of the tunnel, as YAML flow or `key: value`. */
  readonly more?: readonly string[];
  /** How often clients poll; without it, as the default has it. */
  readonly poll?: string;
  /** Without it, every host of the inventory. */
  readonly hosts?: string;
  /** Clients besides those of the services. */
  readonly clients?: readonly string[];
}

/** The operator: a folder with an inventory and a playbook, and the command line, in the lab's control namespace. */
export class Operator {
  readonly folder = mkdtempSync(join(tmpdir(), 'operator-'));
  /** Milliseconds until a command is ended: within a test's own time unless set. */
  patience = 110_000;
  readonly #lab: Lab;

  private constructor(lab: Lab) {
    this.#lab = lab;
  }

  /** @param hosts the inventory, one entry per line of YAML below `hosts:` */
  static async start(lab: Lab, hosts: readonly string[], more: readonly string[] = []): Promise<Operator> {
    const operator = new Operator(lab);
    copyFileSync(await ratholeProgram(), operator.at('rathole'));
    chmodSync(operator.at('rathole'), 0o755);
    const lines = hosts.map((host) => `    ${host}: {}`);
    operator.write('inventory.yaml', ['all:', '  hosts:', ...lines, ...more, ''].join('\n'));
    return operator;
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true, force: true });
  }

  at(name: string): string {
    return join(this.folder, name);
  }

  write(name: string, text: string): void {
    mkdirSync(this.folder, { recursive: true });
    writeFileSync(this.at(name), text);
  }

  /** The playbook of one tunnel. */
  playbook(text: PlaybookText): void {
    const { services, domain = '{host}.test', hosts = 'all', more = [], poll, clients: others = [] } = text;
    const clients = [...new Set([...Object.values(services).map(({ client }) => client), ...others])];
    this.write(
      'playbook.yaml',
      [
        'tunnels:',
        '  home:',
        `    hosts: ${hosts}`,
        `    domain: '${domain}'`,
        `    rathole: { version: 0.5.0, sha256: ${this.programHash}, binary: ./rathole }`,
        ...more.map((line) => `    ${line}`),
        '    services:',
        ...Object.entries(services).map(([name, service]) => `      ${name}: ${JSON.stringify(service)}`),
        'clients:',
        ...clients.map((name) => `  ${name}: {${poll === undefined ? '' : ` poll: ${poll} `}}`),
        '',
      ].join('\n'),
    );
  }

  get programHash(): string {
    return createHash('sha256')
      .update(readFileSync(this.at('rathole')))
      .digest('hex');
  }

  /** The command line up to the verb's own options. */
  argv(verb: string, ...options: readonly string[]): string[] {
    const main = join(PROJECT, 'dist/bin.cjs');
    const files = ['-i', 'inventory.yaml', 'playbook.yaml', '-F', this.#lab.sshConfig];
    return [process.execPath, main, verb, ...files, ...options];
  }

  /** Makes a host that client, by its installer, which is taken away again. */
  async join(client: Host): Promise<void> {
    const file = `${client.name}.sh`;
    const { code, stderr } = await this.bundle(client.name, file);
    if (code !== 0) throw new Error(`no bundle for ${client.name}: ${stderr}`);
    await client.write(`/root/${file}`, readFileSync(this.at(file)), { mode: '0600' });
    await client.must(`sh /root/${file} && rm /root/${file}`);
  }

  /** Writes a client's installer into the operator's folder. */
  async bundle(client: string, file: string): Promise<Ran> {
    const [node = '', main = '', , ...files] = this.argv('plan');
    return this.run([node, main, 'bundle', client, ...files, '--out', file]);
  }

  plan(...options: readonly string[]): Promise<Ran> {
    return this.run(this.argv('plan', '--detailed-exitcode', ...options));
  }

  apply(...options: readonly string[]): Promise<Ran> {
    return this.run(this.argv('apply', '--yes', ...options));
  }

  rotate(...options: readonly string[]): Promise<Ran> {
    return this.run(this.argv('rotate', '--yes', '--wait', ...options));
  }

  /** Starts the command line, and goes on beside it. */
  start(verb: string, ...options: readonly string[]): Running {
    const inFolder = ['env', '-C', this.folder, ...this.argv(verb, ...options)];
    return this.#lab.control.start(inFolder);
  }

  run(argv: readonly string[]): Promise<Ran> {
    return this.#lab.control.exec(argv, { cwd: this.folder, timeout: this.patience });
  }
}
