import { accessSync, constants, readFileSync, writeFileSync } from 'node:fs';

const PROGRAMS = [
  '/usr/bin/systemd-nspawn',
  '/usr/bin/mmdebstrap',
  '/usr/bin/dpkg-scanpackages',
  '/usr/sbin/nft',
];
/** Each guest's systemd takes about nine; the kernel's default of 128 is used up by 14 guests, of all labs together. */
const INOTIFY_LIMIT = '/proc/sys/fs/inotify/max_user_instances';
const INOTIFY_INSTANCES = 1024;

/**
 * Sees to what all labs need of this machine.
 * @throws when it cannot run a lab: not root, or a program that test/install would bring is missing.
 */
export function checkMachine(): void {
  if (process.getuid?.() !== 0)
    throw new Error('the lab needs root: it makes namespaces, mounts and containers');
  for (const program of PROGRAMS) {
    try {
      accessSync(program, constants.X_OK);
    } catch (cause) {
      throw new Error(`the lab needs ${program}: run test/install`, { cause });
    }
  }
  if (Number(readFileSync(INOTIFY_LIMIT, 'utf8')) < INOTIFY_INSTANCES)
    writeFileSync(INOTIFY_LIMIT, String(INOTIFY_INSTANCES));
}
