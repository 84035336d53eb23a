import { join } from 'node:path';
import { Agent, agentArgv, ENDED } from './agent.ts';
import type { Cable } from './cable.ts';
import { cpuSeconds, inCgroup, isFrozen, setFrozen } from './cgroup.ts';
import type { Disk } from './disk.ts';
import type { Machine } from './machine.ts';
import { expectSuccess, type Ran, type RunOptions } from './run.ts';
import { OUTSIDE, Running } from './start.ts';
import { waitFor } from './wait.ts';

export interface ExecOptions extends Pick<RunOptions, 'stdin'> {
  /** Milliseconds until it is ended, with code 124; 60,000 unless given. */
  readonly timeout?: number;
  /** Who runs it, with a login shell; root unless given. */
  readonly user?: string;
}

export interface WriteOptions {
  /** Octal, "0644" unless given. */
  readonly mode?: string;
  /** "user" or "user:group"; root unless given. */
  readonly owner?: string;
}

interface HostParts {
  readonly name: string;
  readonly address: string;
  readonly hostKey: string;
  readonly cgroup: string;
  readonly machine: Machine;
  readonly cable: Cable;
  readonly disk: Disk;
}

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const BOOT_TIMEOUT = 60_000;

/** A running Debian with systemd. Commands enter by its namespaces, so they work with its network cut, too. */
export class Host {
  readonly name: string;
  /** Where others see it: of a host behind NAT, its router's address. */
  readonly address: string;
  /** "ssh-ed25519 AAAA…", without a comment. */
  readonly hostKey: string;
  readonly cable: Cable;
  readonly disk: Disk;
  readonly #cgroup: string;
  readonly #machine: Machine;
  /** With the guest's PID 1 that it belongs to: after a reboot that is another one. */
  #agent: { readonly leader: number; readonly agent: Agent } | undefined;

  constructor(parts: HostParts) {
    this.name = parts.name;
    this.address = parts.address;
    this.hostKey = parts.hostKey;
    this.cable = parts.cable;
    this.disk = parts.disk;
    this.#cgroup = parts.cgroup;
    this.#machine = parts.machine;
  }

  /**
   * Runs a shell command (or an argv as it is) in the host to its end; when its time is up, it is ended, with code 124.
   * @throws when the host is off, or frozen beyond the timeout.
   */
  async exec(command: string | readonly string[], options: ExecOptions = {}): Promise<Ran> {
    const { user, timeout = 60_000, stdin } = options;
    const agent = this.#agentOfThisBoot();
    try {
      return await agent.run(asUser(command, user), timeout, stdin);
    } catch (error) {
      const who = isFrozen(this.#cgroup) ? `${this.name} is frozen` : this.name;
      throw new Error(`${who}: ${error instanceof Error ? error.message : error}`, { cause: error });
    }
  }

  #agentOfThisBoot(): Agent {
    const leader = this.#leader();
    if (this.#agent?.leader !== leader || this.#agent.agent.over)
      this.#agent = { leader, agent: new Agent(this.#enter(leader, agentArgv())) };
    return this.#agent.agent;
  }

  /** Like `exec`, but a failure is an error. Returns stdout. */
  async must(command: string | readonly string[], options: ExecOptions = {}): Promise<string> {
    return expectSuccess(await this.exec(command, options), `${this.name}: ${String(command).slice(0, 300)}`);
  }

  /** Processor time that the host has used since its lab was made. */
  get cpuSeconds(): number {
    return cpuSeconds(this.#cgroup);
  }

  /** The argv that runs `argv` in the host when started on this machine. @throws when the host is off. */
  enter(argv: readonly string[]): string[] {
    // a shell is between us and a process in another pid namespace: with it gone, that one shall go too
    return this.#enter(this.#leader(), ['setpriv', '--pdeathsig', 'KILL', '--', ...argv]);
  }

  #enter(leader: number, argv: readonly string[]): string[] {
    const namespaces = [
      '--mount',
      '--uts',
      '--ipc',
      '--net',
      '--pid',
      '--cgroup',
      '--root',
      '--wd',
      '--no-fork',
    ];
    const environment = ['env', '-i', `PATH=${PATH}`, 'HOME=/root', 'LANG=C.UTF-8'];
    return inCgroup(join(this.#cgroup, 'exec'), [
      ...environment,
      ...['nsenter', '-t', String(leader), ...namespaces, '--', ...OUTSIDE, ...argv],
    ]);
  }

  /** This machine's pid of its systemd. @throws when it is off. */
  #leader(): number {
    const leader = this.#machine.leader();
    if (leader === undefined) throw new Error(`${this.name} is off\n${this.#machine.consoleTail()}`);
    return leader;
  }

  async read(path: string): Promise<string> {
    return this.must(['cat', '--', path]);
  }

  /** Replaces the file by a rename in its own folder, which is made where it lacks. */
  async write(path: string, content: string | Uint8Array, options: WriteOptions = {}): Promise<void> {
    const { mode = '0644', owner = 'root' } = options;
    const script = `set -e; umask 077; mkdir -p "$(dirname "$1")"; new=$(mktemp "$1.XXXXXX")
      cat >"$new" && chown "$2" "$new" && chmod "$3" "$new" && mv -fT "$new" "$1" || { rm -f "$new"; exit 1; }`;
    await this.must(['sh', '-c', script, 'sh', path, owner, mode], { stdin: content });
  }

  /** Waits until systemd has started everything. @throws with the units that failed, or why it is off. */
  async booted(): Promise<void> {
    const state = await waitFor(
      async () => {
        if (this.#machine.status !== undefined) return 'off';
        const { stdout } = await this.exec(['systemctl', 'is-system-running', '--wait']);
        return /running|degraded/.exec(stdout)?.[0];
      },
      { what: `${this.name} to boot`, timeout: BOOT_TIMEOUT },
    );
    if (state === 'running') return;
    if (state === 'off') throw new Error(`${this.name} does not boot\n${this.#machine.consoleTail()}`);
    const failed = await this.must(
      'systemctl --failed --plain --no-legend; journalctl -p err --no-pager | tail -20',
    );
    throw new Error(`${this.name} came up ${state}:\n${failed}`);
  }

  /** Reboots in order and waits until all is up again. */
  async reboot(): Promise<void> {
    const before = this.#machine.leader();
    await this.#order('reboot');
    await waitFor(() => ![undefined, before].includes(this.#machine.leader()), {
      what: `reboot of ${this.name}`,
    });
    await this.booted();
  }

  /** Shuts down in order and waits for the end. */
  async powerOff(): Promise<void> {
    await this.#order('poweroff');
    await this.#machine.ended();
  }

  /** @throws when systemd refuses. A shutdown that it began may end the very command that asked for it. */
  async #order(what: 'reboot' | 'poweroff'): Promise<void> {
    const ran = await this.exec(['systemctl', what]);
    if (ran.code !== 0 && !(await this.#goesDown(ran))) expectSuccess(ran, `${this.name}: systemctl ${what}`);
    this.#agent?.agent.close();
  }

  async #goesDown({ stderr }: Ran): Promise<boolean> {
    if (stderr.startsWith(ENDED) || this.#machine.leader() === undefined) return true;
    const state = await this.exec(['systemctl', 'is-system-running']);
    return state.stdout.startsWith('stopping') || state.stderr.startsWith(ENDED);
  }

  /** Pulls the plug, of a frozen host too. */
  async crash(): Promise<void> {
    await this.#machine.kill();
    // Whoever waits for its processes outside of it, as the agent's shell does, is frozen with them.
    await this.thaw();
  }

  /** Switches it on again, with the disk as it was left. @throws when it is on. */
  async powerOn(): Promise<void> {
    this.#machine.start();
    await this.thaw();
    await this.booted();
  }

  /** Stops the whole machine, as a hypervisor's pause does: its connections stay, and nothing answers. */
  async freeze(): Promise<void> {
    await setFrozen(this.#cgroup, true);
  }

  async thaw(): Promise<void> {
    await setFrozen(this.#cgroup, false);
  }

  /** Waits until something listens on the TCP or UDP port, of one address or of any. */
  async listening(port: number, address = ''): Promise<void> {
    const wait = `for i in $(seq 100); do ss -Htuln src '${address}:${port}' | grep -q . && exit; sleep 0.2; done; exit 1`;
    expectSuccess(await this.exec(wait), `${this.name}: nothing listens on ${address}:${port}`);
  }

  /** The main process of a unit, as the host counts. @throws when it has none. */
  async pidOf(unit: string): Promise<number> {
    const pid = Number(await this.must(['systemctl', 'show', '--property=MainPID', '--value', unit]));
    if (!(pid > 0)) throw new Error(`${this.name}: ${unit} has no process`);
    return pid;
  }

  /** Signals one process: SIGKILL unless given; SIGSTOP freezes and SIGCONT thaws it. */
  async kill(pid: number, signal: 'KILL' | 'TERM' | 'HUP' | 'STOP' | 'CONT' = 'KILL'): Promise<void> {
    await this.must(['kill', '-s', signal, String(pid)]);
  }

  /** Starts a program that goes on; it ends with the host at the latest. */
  start(command: string | readonly string[], user?: string): Running {
    return new Running(this.enter(asUser(command, user)));
  }

  /** Follows the journal's messages from now on, of one unit or of all: `await using log = await host.follow(…)`. */
  async follow(unit?: string): Promise<Running> {
    const only = unit === undefined ? [] : ['-u', unit];
    // What a busy journald has not read yet would be stamped as if it came later.
    const since = 'journalctl --sync; since=$(date +%s.%N); echo ready; exec "$@" --since="@$since"';
    const journal = this.start([
      'sh',
      '-c',
      since,
      'sh',
      'journalctl',
      '-qf',
      '-n',
      'all',
      '-o',
      'cat',
      ...only,
    ]);
    await journal.line(/^ready$/);
    return journal;
  }
}

function asUser(command: string | readonly string[], user?: string): readonly string[] {
  const shell = typeof command === 'string' ? ['sh', '-c', command] : command;
  if (shell.length === 0) throw new Error('nothing to run: the argv is empty');
  return user === undefined ? shell : ['runuser', '-l', user, '-c', 'exec "$@"', '--', 'sh', ...shell];
}
