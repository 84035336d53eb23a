import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { inCgroup, makeCgroup } from './cgroup.ts';
import { inNamespace, type Network } from './network.ts';
import { expectSuccess, type Ran, type RunOptions, run } from './run.ts';
import { Running } from './start.ts';

/** Private mounts: the lab's own /etc/hosts, and no name server, whatever this machine has. */
const OWN_NAMES = `mount --bind "$1" /etc/hosts && mount --bind "$2" /etc/resolv.conf && shift 2 && exec "$@"`;

/**
 * The namespace of the operator, the CI runner and the visitors from outside. Programs here see this machine's
 * files, but only the lab's network and names.
 */
export class Control {
  readonly #cgroup: string;
  readonly #network: Network;
  readonly #hosts: string;
  readonly #resolv: string;

  constructor(network: Network, dir: string) {
    this.#network = network;
    this.#cgroup = join(network.id, 'control');
    this.#hosts = join(dir, 'etc-hosts');
    this.#resolv = join(dir, 'resolv.conf');
    makeCgroup(this.#cgroup);
    writeFileSync(this.#resolv, '');
  }

  /** Replaces /etc/hosts for the programs started from now on. */
  setNames(etcHosts: string): void {
    writeFileSync(this.#hosts, etcHosts);
  }

  /** Runs a program of this machine, such as `[process.execPath, 'dist/bin.cjs', …]`, to its end. */
  exec(argv: readonly string[], options: RunOptions = {}): Promise<Ran> {
    return run(this.enter(argv), options);
  }

  /** Like `exec`, but a failure is an error. Returns stdout. */
  async must(argv: readonly string[], options: RunOptions = {}): Promise<string> {
    return expectSuccess(await this.exec(argv, options), argv.join(' ').slice(0, 300));
  }

  /** Starts a program that goes on; it ends with the lab at the latest. */
  start(argv: readonly string[], env: Readonly<Record<string, string>> = {}): Running {
    return new Running(this.enter(argv), env);
  }

  /** The argv that runs `argv` in the control namespace when started on this machine. */
  enter(argv: readonly string[]): string[] {
    const named = ['unshare', '--mount', 'sh', '-c', OWN_NAMES, 'sh', this.#hosts, this.#resolv, ...argv];
    return inCgroup(this.#cgroup, inNamespace(this.#network.control, named));
  }
}
