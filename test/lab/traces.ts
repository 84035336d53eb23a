import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { STATE } from './claim.ts';
import { must } from './run.ts';

const FOLDERS = [
  ...['/sys/fs/cgroup', '/sys/fs/cgroup/unified', '/sys/fs/cgroup/systemd', '/run/netns', STATE],
  ...['/run/systemd/nspawn/propagate', '/run/systemd/nspawn/unix-export'],
];

/**
 * What this machine holds of a lab: namespaces, cgroups, mounts, processes, links, files. Other labs may come and
 * go meanwhile, so only its own names are looked for. The dead whom the machine's init is slow to bury (Z) don't count.
 */
export async function tracesOf(id: string): Promise<string[]> {
  const own = new RegExp(`\\b${id}\\b`);
  const processes = (await must(['ps', '-eo', 'stat,args'])).split('\n');
  const found = [
    ...FOLDERS.flatMap((folder) => entries(folder).map((name) => `${folder}/${name}`)),
    ...readFileSync('/proc/self/mountinfo', 'utf8').split('\n'),
    ...processes.filter((line) => !line.startsWith('Z')),
    ...(await must(['ip', '-o', 'link'])).split('\n'),
  ];
  return found.filter((line) => own.test(line));
}

/** The lab that a process has claimed. */
export function idOwnedBy(pid: number): string | undefined {
  return entries(STATE).find((id) => {
    const file = `${STATE}/${id}/owner.json`;
    return existsSync(file) && JSON.parse(readFileSync(file, 'utf8')).pid === pid;
  });
}

const entries = (folder: string) => (existsSync(folder) ? readdirSync(folder) : []);
