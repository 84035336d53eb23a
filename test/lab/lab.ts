import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Cable } from './cable.ts';
import { Authority } from './certificates.ts';
import { type Claim, claim } from './claim.ts';
import { Control } from './control.ts';
import { Disk } from './disk.ts';
import { makeKey, personalise } from './guest.ts';
import { Host } from './host.ts';
import { Machine } from './machine.ts';
import { checkMachine } from './machine-check.ts';
import { etcHosts, sshConfig } from './names.ts';
import { Network } from './network.ts';
import { type Image, image } from './rootfs/build.ts';
import { nodeBinds } from './rootfs/node.ts';
import { REPOSITORY_PORT } from './rootfs/recipe.ts';
import { checkSpec, type LabSpec, type Site, sitesOf } from './sites.ts';
import { sweep } from './sweep.ts';
import { together } from './together.ts';

/** What all hosts of a lab share. */
interface Common {
  readonly publicKey: string;
  /** The /etc/hosts that all begin with. */
  readonly names: string;
  readonly binds: readonly string[];
  readonly imageRoot: string;
}

/** A running lab. `await using lab = await Lab.boot(…)` tears it down at the end of the block. */
export class Lab {
  /** What all names of this lab on this machine begin with. */
  readonly id: string;
  readonly control: Control;
  /** Signs what TLS needs in this lab. */
  readonly authority: Authority;
  /** Accepted by every host's root, deploy (who may sudo) and visitor (who may not). */
  readonly sshKey: string;
  /** For `ssh -F`: knows every VPS by name, its key included. */
  readonly sshConfig: string;
  /** A known_hosts file with all hosts' names and the VPSes' addresses. */
  readonly knownHosts: string;
  readonly #claim: Claim;
  readonly #network: Network;
  readonly #hosts = new Map<string, Host>();
  #ended: Promise<void> | undefined;

  private constructor(claimed: Claim, network: Network, control: Control) {
    this.id = claimed.id;
    this.control = control;
    this.authority = new Authority(join(claimed.dir, 'authority'));
    this.sshKey = join(claimed.dir, 'key');
    this.sshConfig = join(claimed.dir, 'ssh_config');
    this.knownHosts = join(claimed.dir, 'known_hosts');
    this.#claim = claimed;
    this.#network = network;
  }

  /**
   * Boots the hosts and returns when systemd has started everything on each.
   * @throws when there can be no such lab, or this machine cannot run one; what was started is gone by then.
   */
  static async boot(spec: LabSpec): Promise<Lab> {
    checkSpec(spec);
    checkMachine();
    const built = await image();
    const claimed = await claim();
    try {
      const network = new Network(claimed.id, claimed.slot);
      const lab = new Lab(claimed, network, new Control(network, claimed.dir));
      await lab.#up(sitesOf(spec, network, built), built);
      return lab;
    } catch (error) {
      await sweep(claimed).catch((fault) => {
        throw new AggregateError([error, fault], `${error}; and it cannot be cleared away: ${fault}`);
      });
      throw error;
    }
  }

  /** @throws when the lab has no such host. */
  host(name: string): Host {
    const host = this.#hosts.get(name);
    if (host === undefined)
      throw new Error(`no host ${name} in this lab: ${[...this.#hosts.keys()].join(', ')}`);
    return host;
  }

  get hosts(): readonly Host[] {
    return [...this.#hosts.values()];
  }

  /** The control namespace's address: what the hosts see a visitor from outside come from. */
  get visitorAddress(): string {
    return this.#network.controlAddress;
  }

  /** Once: after that its names may be another lab's. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#ended ??= sweep(this.#claim);
    return this.#ended;
  }

  async #up(sites: readonly Site[], built: Image): Promise<void> {
    const [publicKey, binds] = await together([
      makeKey(this.sshKey),
      nodeBinds(built.base),
      this.#network.up(),
    ]);
    const names = etcHosts(sites, this.#network.controlAddress);
    this.control.setNames(names);
    await together(
      sites.map((site) => this.#addHost(site, { publicKey, names, binds, imageRoot: built.base })),
    );
    this.#serveRepository(built);
    this.#writeSshFiles(sites);
    await together(this.hosts.map((host) => host.booted()));
  }

  async #addHost(site: Site, { publicKey, names, binds, imageRoot }: Common): Promise<void> {
    const { name, address, natted, layers } = site;
    const dir = join(this.#claim.dir, 'hosts', name);
    const disk = new Disk(dir);
    const [upper] = await together([
      disk.create(layers),
      natted ? this.#network.addNatted(name, address) : this.#network.addHost(name, address),
    ]);
    const hostKey = await personalise(upper, name, publicKey);
    writeFileSync(join(upper, 'etc/hosts'), `${names}127.0.1.1 ${name}\n`);
    const cgroup = join(this.id, name);
    const machine = new Machine({
      ...{ name: `${this.id}-${name}`, hostname: name, cgroup, root: disk.root, binds },
      namespace: this.#network.namespaceOf(name),
      console: join(dir, 'console.log'),
    });
    const cable = new Cable(this.#network, name, imageRoot);
    this.#hosts.set(name, new Host({ name, address, hostKey, cgroup, machine, cable, disk }));
    machine.start();
  }

  /** The image's own busybox serves it: this machine need not have a web server. */
  #serveRepository({ base, repository }: Image): void {
    const busybox = join(base, 'usr/bin/busybox');
    const listen = `${this.#network.controlAddress}:${REPOSITORY_PORT}`;
    this.control.start([busybox, 'httpd', '-f', '-p', listen, '-h', repository]);
  }

  /** A client's key is there, too: its sshd may be reached through a tunnel. */
  #writeSshFiles(sites: readonly Site[]): void {
    const reachable = sites.filter((site) => !site.natted).map((site) => this.host(site.name));
    const keys = this.hosts.map(({ name, hostKey }) => `${name},${name}.test ${hostKey}\n`);
    const byAddress = reachable.map(({ address, hostKey }) => `${address} ${hostKey}\n`);
    writeFileSync(this.knownHosts, [...keys, ...byAddress].join(''));
    writeFileSync(this.sshConfig, sshConfig(reachable, this.sshKey, this.knownHosts));
  }
}
