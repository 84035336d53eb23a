import { mkdirSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { must } from './run.ts';
import { waitFor } from './wait.ts';

const SIZE = 2 ** 30;

/**
 * A host's writable disk: a bounded tmpfs that holds the overlay's upper layer, so that a full disk is a real
 * ENOSPC for /etc and /var alike, and never the machine's.
 */
export class Disk {
  readonly root: string;
  readonly #mount: string;

  constructor(dir: string) {
    this.root = join(dir, 'root');
    this.#mount = join(dir, 'disk');
  }

  /** Mounts the disk and lays it over `layers`, the topmost first. Returns the writable layer. */
  async create(layers: readonly string[]): Promise<string> {
    const [upper, work] = [join(this.#mount, 'upper'), join(this.#mount, 'work')];
    for (const dir of [this.root, this.#mount]) mkdirSync(dir, { recursive: true });
    await must(['mount', '-t', 'tmpfs', '-o', `size=${SIZE},mode=755`, 'lab-disk', this.#mount]);
    for (const dir of [upper, work]) mkdirSync(dir);
    const options = `lowerdir=${layers.join(':')},upperdir=${upper},workdir=${work}`;
    await must(['mount', '-t', 'overlay', 'lab-root', '-o', options, this.root]);
    return upper;
  }

  /** Leaves `free` bytes: the disk shrinks to what is in use, which costs no memory and nothing in the guest can undo. */
  async fill(free = 0): Promise<void> {
    const most = SIZE - this.#used();
    if (!(Number.isInteger(free) && free >= 0 && free <= most))
      throw new RangeError(`a disk can have 0 to ${most} bytes free, not ${free}`);
    // It cannot shrink below what a host that writes has put on it meanwhile.
    const shrink = () => this.#resize(this.#used() + free).then(() => true);
    await waitFor(shrink, { what: `${this.#mount} to shrink`, timeout: 10_000, every: 1 });
  }

  async free(): Promise<void> {
    await this.#resize(SIZE);
  }

  #used(): number {
    const { blocks, bfree, bsize } = statfsSync(this.#mount);
    return (blocks - bfree) * bsize;
  }

  async #resize(bytes: number): Promise<void> {
    await must(['mount', '-o', `remount,size=${Math.max(bytes, 4096)}`, this.#mount]);
  }
}
