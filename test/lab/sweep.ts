import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { removeCgroup } from './cgroup.ts';
import { must, run } from './run.ts';
import { waitFor } from './wait.ts';

const NSPAWN_RUN = ['/run/systemd/nspawn/propagate', '/run/systemd/nspawn/unix-export'];

/**
 * Removes everything a lab may have left on the machine: processes, cgroups, mounts, namespaces, files.
 * Works from the names alone, so that it serves a lab that ends as well as one whose process was killed.
 * The folder goes last: as long as it is there, the lab counts as unswept.
 */
export async function sweep({ id, dir }: { id: string; dir: string }): Promise<void> {
  await removeCgroup(id);
  for (const mount of mountsBelow(dir)) await unmount(mount);
  for (const name of namespacesOf(id)) await must(['ip', 'netns', 'del', name]);
  for (const run of NSPAWN_RUN) {
    for (const name of entries(run).filter((entry) => entry.startsWith(`${id}-`)))
      rmSync(`${run}/${name}`, { recursive: true, force: true });
  }
  rmSync(dir, { recursive: true, force: true });
}

const namespacesOf = (id: string) => entries('/run/netns').filter((name) => name.startsWith(`${id}-`));

/** Mount points below `dir`, the innermost first. */
export function mountsBelow(dir: string): string[] {
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => line.split(' ')[4] ?? '')
    .filter((point) => point.startsWith(`${dir}/`))
    .reverse();
}

/**
 * A just killed guest may hold its mounts for a moment longer. Who still stands in it then is none of the lab's
 * processes: it keeps the files to itself.
 */
async function unmount(point: string): Promise<void> {
  const done = async () => (await run(['umount', point])).code === 0;
  await waitFor(done, { what: `umount ${point}`, timeout: 2000 }).catch(() =>
    must(['umount', '--lazy', point]),
  );
}

const entries = (dir: string) => (existsSync(dir) ? readdirSync(dir) : []);
