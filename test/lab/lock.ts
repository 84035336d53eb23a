import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Holds an flock(2) on `path` while `work` runs. util-linux's `flock` holds it for us and ends with its stdin,
 * so a killed process lets go of the lock.
 */
export async function withLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  mkdirSync(dirname(path), { recursive: true });
  const holder = spawn('flock', [path, 'sh', '-c', 'echo locked; exec cat'], {
    detached: true, // Ctrl-C on a terminal must not end it while the work goes on
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = new Promise<void>((resolve) => holder.once('close', () => resolve()));
  try {
    await new Promise<void>((resolve, reject) => {
      holder.stdout.once('data', () => resolve());
      holder.once('error', reject);
      holder.once('exit', (code) => reject(new Error(`flock ${path} ended with ${code}`)));
    });
    return await work();
  } finally {
    holder.stdin.end();
    await ended;
  }
}
