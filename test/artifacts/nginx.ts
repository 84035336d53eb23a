import { existsSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';

/** Runs nginx in the foreground with this configuration, which puts its pid file beside itself; resolves to its end. */
export async function startNginx(config: string): Promise<() => Promise<void>> {
  // A test of the configuration leaves one too.
  const pidFile = join(dirname(config), 'nginx.pid');
  rmSync(pidFile, { force: true });
  const nginx = execa('nginx', ['-c', config, '-e', 'stderr', '-g', 'daemon off;'], { reject: false });
  for (let tries = 0; !existsSync(pidFile); tries += 1) {
    if (tries > 100 || nginx.exitCode !== null)
      throw new Error(`nginx did not start: ${(await nginx).stderr}`);
    await sleep(20);
  }
  return async () => {
    nginx.kill('SIGTERM');
    await nginx;
  };
}
