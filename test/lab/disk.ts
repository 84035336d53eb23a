import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { must } from './run.ts';

const SIZE = '1g';

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
    const used = await must(['df', '--output=used', '-B1', this.#mount]);
    const bytes = Number(used.trim().split('\n').at(-1)) + free;
    await must(['mount', '-o', `remount,size=${Math.max(bytes, 4096)}`, this.#mount]);
  }

  async free(): Promise<void> {
    await must(['mount', '-o', `remount,size=${SIZE}`, this.#mount]);
  }
}
