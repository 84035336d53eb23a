import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { inCgroup } from './cgroup.ts';
import { inNamespace, ip, type Network } from './network.ts';
import { PROJECT } from './project.ts';
import { must } from './run.ts';
import { Running } from './start.ts';

/**
 * One host's way to the others: of a host behind NAT, its router's uplink. A cut cable is a black hole, as when
 * it is cut far away: the host's own link stays up, and nobody is told.
 */
export class Cable {
  readonly #network: Network;
  readonly #host: string;
  readonly #imageRoot: string;
  #lost = 0;
  #relay: Running | undefined;

  constructor(network: Network, host: string, imageRoot: string) {
    this.#network = network;
    this.#host = host;
    this.#imageRoot = imageRoot;
  }

  /** Every packet is lost, in both directions, until `mend`. */
  cut(): Promise<void> {
    return this.drop(100);
  }

  /** Undoes `cut`, `drop` and `delay`. */
  async mend(): Promise<void> {
    await this.drop(0);
    await this.delay(0);
  }

  /** Loses this share of the packets at random, in each direction. */
  async drop(percent: number): Promise<void> {
    if (!(percent >= 0 && percent <= 100))
      throw new RangeError(`a cable loses 0 to 100 percent, not ${percent}`);
    this.#lost = percent;
    await this.#lose();
  }

  /** Every packet arrives this much later, in each direction; a round trip takes twice as long. */
  async delay(milliseconds: number): Promise<void> {
    if (!(milliseconds >= 0 && milliseconds < Infinity))
      throw new RangeError(`a cable delays by 0 or more milliseconds, not ${milliseconds}`);
    const { switch: namespace } = this.#network;
    const [host, near, far] = [this.#network.portOf(this.#host), `d-${this.#host}`, `q-${this.#host}`];
    if (this.#relay !== undefined) {
      await this.#relay.stop('SIGKILL');
      this.#relay = undefined;
      await ip(namespace, [`link del ${near}`, `link set ${host} master br0`]);
    }
    if (milliseconds > 0) {
      await ip(namespace, [
        `link add ${near} type veth peer name ${far}`,
        `link set ${near} up`,
        `link set ${host} nomaster`,
        `link set ${far} master br0 up`,
      ]);
      this.#relay = await this.#startRelay(host, near, milliseconds);
    }
    await this.#lose();
  }

  /** The image's own python runs it: this machine need not have one. */
  async #startRelay(host: string, near: string, milliseconds: number): Promise<Running> {
    const script = readFileSync(join(PROJECT, 'test/lab/relay.py'), 'utf8');
    const argv = ['python3', '-B', '-c', script, host, near, String(milliseconds / 1000)];
    const chrooted = inNamespace(this.#network.switch, ['chroot', this.#imageRoot, ...argv]);
    const relay = new Running(inCgroup(join(this.#network.id, 'control'), chrooted));
    await relay.line(/^ready$/);
    return relay;
  }

  /** Sits on the port that is in the bridge: a relay sees frames before any filter does. */
  async #lose(): Promise<void> {
    const port = this.#relay === undefined ? this.#network.portOf(this.#host) : `q-${this.#host}`;
    const table = `netdev loss-${this.#host}`;
    const lose = this.#lost === 100 ? 'drop' : `numgen random mod 1000 < ${perMille(this.#lost)} drop`;
    const chains = ['ingress', 'egress'].map(
      (hook) => `chain ${hook} { type filter hook ${hook} device "${port}" priority 0;\n${lose}\n}`,
    );
    const rules = [`table ${table} {}`, `delete table ${table}`];
    if (this.#lost > 0) rules.push(`table ${table} {`, ...chains, '}');
    await must(inNamespace(this.#network.switch, ['nft', '-f', '-']), { stdin: `${rules.join('\n')}\n` });
  }
}

/** A share that is neither nothing nor all stays so when rounded. */
const perMille = (percent: number) => Math.min(Math.max(Math.round(percent * 10), 1), 999);
