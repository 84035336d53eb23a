import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { waitFor } from './wait.ts';

/** Where the machine's cgroup hierarchies are: one (unified), or cgroup2 beside systemd's own (hybrid). */
const [CGROUP2, ...OTHERS] = existsSync('/sys/fs/cgroup/cgroup.controllers')
  ? ['/sys/fs/cgroup']
  : ['/sys/fs/cgroup/unified', '/sys/fs/cgroup/systemd'];

/** A cgroup by its path from the root, in the hierarchy that can kill and freeze. */
const cgroup2 = (path: string) => join(CGROUP2, path);

/** Makes the cgroup in every hierarchy that systemd-nspawn looks at; returns their `cgroup.procs` files. */
export function makeCgroup(path: string): string[] {
  return [CGROUP2, ...OTHERS].map((root) => {
    mkdirSync(join(root, path), { recursive: true });
    return join(root, path, 'cgroup.procs');
  });
}

/** The argv that first moves itself into the cgroup, so that whoever kills the cgroup ends it too. */
export function inCgroup(path: string, argv: readonly string[]): string[] {
  return ['sh', '-c', 'echo $$ >"$0" && exec "$@"', join(cgroup2(path), 'cgroup.procs'), ...argv];
}

export function pidsOf(path: string): number[] {
  const file = join(cgroup2(path), 'cgroup.procs');
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n').filter(Boolean).map(Number) : [];
}

/** Seconds of processor time that everything in the cgroup or below has used so far. */
export function cpuSeconds(path: string): number {
  const [, used = '0'] =
    /^usage_usec (\d+)$/m.exec(readFileSync(join(cgroup2(path), 'cpu.stat'), 'utf8')) ?? [];
  return Number(used) / 1e6;
}

/** Whether any process is left, in the cgroup or below. */
export const isPopulated = (path: string): boolean => tells(path, 'populated 1');

/** Whether all of its processes are stopped. */
export const isFrozen = (path: string): boolean => tells(path, 'frozen 1');

function tells(path: string, event: string): boolean {
  const file = join(cgroup2(path), 'cgroup.events');
  return existsSync(file) && readFileSync(file, 'utf8').includes(event);
}

/** Stops or continues every process below, nspawn included. */
export async function setFrozen(path: string, frozen: boolean): Promise<void> {
  writeFileSync(join(cgroup2(path), 'cgroup.freeze'), frozen ? '1' : '0');
  await waitFor(() => isFrozen(path) === frozen, {
    what: `${path} to be ${frozen ? 'frozen' : 'thawed'}`,
    every: 5,
  });
}

/** Ends every process below and waits until they are gone. */
export async function killCgroup(path: string): Promise<void> {
  const gone = () => {
    killAll(path);
    return !isPopulated(path);
  };
  await waitFor(gone, { what: `the end of all processes in ${path}`, every: 10 });
}

/** Ends every process below, whoever comes meanwhile included, and removes the cgroup in every hierarchy. */
export async function removeCgroup(path: string): Promise<void> {
  for (const root of [CGROUP2, ...OTHERS]) {
    const removed = () => {
      killAll(path);
      return removeTree(join(root, path));
    };
    await waitFor(removed, { what: `removal of ${root}/${path}`, every: 20 });
  }
}

/** Sends SIGKILL, to the frozen ones as well. Who was just started moves itself into the cgroup only after that. */
function killAll(path: string): void {
  const file = join(cgroup2(path), 'cgroup.kill');
  if (existsSync(file)) writeFileSync(file, '1');
}

function removeTree(dir: string): boolean {
  if (!existsSync(dir)) return true;
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    if (entry.isDirectory()) removeTree(join(dir, entry.name));
  }
  rmdirSync(dir);
  return true;
}
