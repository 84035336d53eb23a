import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isPopulated, killCgroup, makeCgroup, pidsOf } from './cgroup.ts';
import { waitFor } from './wait.ts';

export interface MachineOptions {
  /** Its name on this machine, unique among all labs. */
  readonly name: string;
  readonly hostname: string;
  readonly cgroup: string;
  readonly namespace: string;
  readonly root: string;
  /** Where the guest's console goes. */
  readonly console: string;
  readonly binds: readonly string[];
}

/** nspawn exits with 133 when its guest asks for a reboot. The loop ends with nspawn's own status otherwise. */
const SUPERVISE = `for procs in $LAB_CGROUPS; do echo $$ >"$procs" || exit; done; unset LAB_CGROUPS
while :; do "$@"; status=$?; [ $status = 133 ] || exit $status; done`;

/** One systemd-nspawn container with systemd as PID 1, and the loop that brings it up again when it reboots. */
export class Machine {
  readonly #options: MachineOptions;
  #loop: ChildProcess | undefined;
  #status: number | undefined;

  constructor(options: MachineOptions) {
    this.#options = options;
  }

  /** Starts the guest; it is up once `leader` gives a pid. @throws when it is on. */
  start(): void {
    const { cgroup, console, hostname } = this.#options;
    if (isPopulated(join(cgroup, 'guest'))) throw new Error(`${hostname} is on already`);
    const procs = makeCgroup(join(cgroup, 'guest'));
    makeCgroup(join(cgroup, 'exec'));
    const log = openSync(console, 'a');
    // detached: Ctrl-C on a terminal must reach the runner alone, which then tears down in order
    const loop = spawn('bash', ['-c', SUPERVISE, 'bash', ...this.#nspawn()], {
      detached: true,
      stdio: ['ignore', log, log],
      env: {
        ...process.env,
        LAB_CGROUPS: procs.join(' '),
        SYSTEMD_NSPAWN_UNIFIED_HIERARCHY: '1',
        SYSTEMD_NSPAWN_API_VFS_WRITABLE: 'network',
      },
    });
    this.#loop = loop;
    this.#status = undefined;
    loop.once('exit', (code) => {
      // The end of the loop before it may be told only now.
      if (this.#loop === loop) this.#status = code ?? -1;
    });
    loop.unref();
    closeSync(log);
  }

  /** Not --network-namespace-path, which takes CAP_NET_ADMIN away from the guest again. */
  #nspawn(): string[] {
    const { name, hostname, namespace, root, binds } = this.#options;
    return [
      ...['nsenter', `--net=/run/netns/${namespace}`, '--', 'systemd-nspawn', '--quiet', '--boot'],
      ...['-D', root, '-M', name, `--hostname=${hostname}`, '--settings=no', '--register=no', '--keep-unit'],
      ...['--console=pipe', '--capability=CAP_NET_ADMIN', '--resolv-conf=off', '--timezone=off'],
      ...['--link-journal=no', ...binds],
    ];
  }

  /** nspawn's exit status since the last start, once it is off. */
  get status(): number | undefined {
    return this.#status;
  }

  /** This machine's pid of the guest's systemd, while there is one. */
  leader(): number | undefined {
    return pidsOf(join(this.#options.cgroup, 'guest/payload/init.scope')).find(isPid1);
  }

  /** Waits until the guest and nspawn are gone, as after the guest powered itself off. */
  async ended(timeout = 30_000): Promise<void> {
    await waitFor(() => !isPopulated(join(this.#options.cgroup, 'guest')), {
      what: `${this.#options.hostname} to end`,
      timeout,
    });
  }

  /** Pulls the plug: every process of the guest dies at once. */
  async kill(): Promise<void> {
    await killCgroup(join(this.#options.cgroup, 'guest'));
  }

  consoleTail(): string {
    const { console } = this.#options;
    return existsSync(console) ? readFileSync(console, 'utf8').slice(-2000) : '';
  }
}

/** A process in a pid namespace has one pid per level, its own last. */
function isPid1(pid: number): boolean {
  try {
    return /^NSpid:.*\s1$/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false; // gone meanwhile
  }
}
