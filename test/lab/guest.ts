import { chmodSync, chownSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { must } from './run.ts';

/** Accounts that accept the lab's key, with their ids in the image: `deploy` may sudo, `visitor` may not. */
const ACCOUNTS = [
  { home: 'root', id: 0 },
  { home: 'home/deploy', id: 1000 },
  { home: 'home/visitor', id: 1001 },
];

/** Makes an SSH key pair at `path`; returns its public half, without a comment. */
export async function makeKey(path: string): Promise<string> {
  await must(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', '', '-f', path]);
  return readFileSync(`${path}.pub`, 'utf8').trim();
}

/**
 * Writes what makes a host itself into its empty disk: name, host key, who may log in.
 * @returns the public host key.
 */
export async function personalise(upper: string, hostname: string, authorizedKey: string): Promise<string> {
  mkdirSync(join(upper, 'etc/ssh'), { recursive: true });
  writeFileSync(join(upper, 'etc/hostname'), `${hostname}\n`);
  for (const { home, id } of ACCOUNTS) allowLogin(upper, home, id, authorizedKey);
  return makeKey(join(upper, 'etc/ssh/ssh_host_ed25519_key'));
}

/** Folders that the overlay merges with the image's take their owner and mode from here. */
function allowLogin(upper: string, home: string, id: number, key: string): void {
  const folders = [join(upper, home), join(upper, home, '.ssh')];
  const file = join(upper, home, '.ssh/authorized_keys');
  mkdirSync(join(upper, home, '.ssh'), { recursive: true });
  writeFileSync(file, `${key}\n`, { mode: 0o600 });
  for (const path of folders) chmodSync(path, 0o700);
  for (const path of [...folders, file]) chownSync(path, id, id);
}
