import type { FreeSpace } from '../model/observed.ts';
import { type Fact, number } from './fact.ts';

/** The folders that hold what we write, one per file system that a host may have. */
const FOLDERS = ['/etc', '/run', '/usr/local/lib', '/var/lib', '/var/log'];

export const disk: Fact<Readonly<Record<string, FreeSpace>>> = {
  shell: `
  stat -f -c '%n %a %S %c %d' ${FOLDERS.join(' ')} 2>/dev/null || :`,
  parse: (lines) => {
    if (lines.length === 0) throw new Error('stat says nothing');
    return Object.fromEntries(lines.map(parseFolder));
  },
};

function parseFolder(line: string): [string, FreeSpace] {
  const [folder = '', blocks = '', blockSize = '', inodes = '', freeInodes = ''] = line.split(' ');
  const freeBytes = number(blocks) * number(blockSize);
  // Some file systems (btrfs) make inodes as they need them and report none.
  return [folder, number(inodes) === 0 ? { freeBytes } : { freeBytes, freeInodes: number(freeInodes) }];
}
