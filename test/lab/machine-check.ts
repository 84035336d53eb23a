import { accessSync, constants, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const PROGRAMS = [
  ...['systemd-nspawn', 'mmdebstrap', 'dpkg-scanpackages', 'nft', 'ip', 'ps', 'ssh', 'ssh-keygen', 'openssl'],
  ...['flock', 'mount', 'umount', 'nsenter', 'unshare', 'setpriv', 'chroot', 'ldd'],
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
  const missing = PROGRAMS.filter((program) => !isThere(program));
  if (missing.length > 0) throw new Error(`the lab needs ${missing.join(', ')}: run test/install`);
  if (Number(readFileSync(INOTIFY_LIMIT, 'utf8')) < INOTIFY_INSTANCES)
    writeFileSync(INOTIFY_LIMIT, String(INOTIFY_INSTANCES));
}

const isThere = (program: string) =>
  (process.env['PATH'] ?? '').split(delimiter).some((folder) => isExecutable(join(folder, program)));

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
