import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { withLock } from './lock.ts';
import { sweep } from './sweep.ts';

/** One folder per running lab; a lab is alive as long as the process named in its owner file is. */
export const STATE = '/var/tmp/reconcile-lab';
const SLOTS = 64;

/** The id of a lab ("rl3") and its number (3): all names and addresses of the lab derive from them. */
export interface Claim {
  readonly id: string;
  readonly slot: number;
  readonly dir: string;
}

interface Owner {
  readonly pid: number;
  /** The process's start in clock ticks after boot: a pid alone comes back. */
  readonly started: string;
  readonly boot: string;
}

/** Takes the lowest free slot for this process, after clearing away the labs whose process is dead. */
export async function claim(): Promise<Claim> {
  return withLock(join(STATE, 'lock'), async () => {
    for (const id of labIds()) {
      if (!isAlive(ownerOf(id))) await clearAway(id);
    }
    const slot = [...Array(SLOTS).keys()].find((n) => !existsSync(join(STATE, `rl${n}`)));
    if (slot === undefined) throw new Error(`${SLOTS} labs are running already (${STATE})`);
    const id = `rl${slot}`;
    const dir = join(STATE, id);
    mkdirSync(dir, { mode: 0o700 });
    writeFileSync(join(dir, 'owner.json'), JSON.stringify(ownerNow()));
    return { id, slot, dir };
  });
}

/** One that cannot be cleared away keeps its slot, and nobody else from another. */
async function clearAway(id: string): Promise<void> {
  await sweep({ id, dir: join(STATE, id) }).catch((fault) => {
    console.error(`what is left of the lab ${id} (${STATE}) cannot be cleared away: ${fault.message}`);
  });
}

const labIds = () => readdirSync(STATE).filter((name) => /^rl\d+$/.test(name));

function ownerOf(id: string): Owner | undefined {
  try {
    return JSON.parse(readFileSync(join(STATE, id, 'owner.json'), 'utf8')) ?? undefined;
  } catch {
    return undefined; // killed between mkdir and write, which both happen under the lock: nobody's
  }
}

function ownerNow(): Owner {
  return { pid: process.pid, started: startOf(process.pid) ?? '', boot: bootId() };
}

function isAlive(owner: Owner | undefined): boolean {
  return owner !== undefined && owner.boot === bootId() && startOf(owner.pid) === owner.started;
}

const bootId = () => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();

/** Field 22 of /proc/PID/stat, counted behind the name, which may itself hold blanks and parentheses. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}
