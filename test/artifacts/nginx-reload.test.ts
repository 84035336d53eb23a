import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { NGINX_RELOAD } from '../../src/artifacts/nginx-reload.ts';

/** A master with one worker; told to reload, it starts another, and ends the former one half a second later. */
const MASTER = `
worker() { (exec -a 'nginx: worker process' tail) <"$PIPE" & }
trap 'worker; sleep 0.5; echo >"$GONE"; kill -9 $old' HUP
mkfifo "$PIPE"
exec 3<>"$PIPE"
worker
old=$!
echo ready
while :; do read -r -t 1 _ <>"$PIPE.none"; done`;

let folder: string;
let master: ChildProcess | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'reconcile-reload-'));
});

afterEach(() => {
  if (master?.pid !== undefined) process.kill(-master.pid, 'SIGKILL');
  rmSync(folder, { recursive: true });
});

async function startMaster(): Promise<void> {
  spawnSync('mkfifo', [join(folder, 'pipe.none')]);
  master = spawn('bash', ['-c', MASTER, 'nginx'], {
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, PIPE: join(folder, 'pipe'), GONE: join(folder, 'gone') },
  });
  await new Promise((resolve) => master?.stdout?.once('data', resolve));
  const systemctl = `#!/bin/sh
case $1 in show) echo ${master.pid} ;; reload) kill -HUP ${master.pid} ;; esac\n`;
  writeFileSync(join(folder, 'systemctl'), systemctl);
  chmodSync(join(folder, 'systemctl'), 0o755);
}

/** Reloads, and says whether the former worker is gone by the end of it. */
function reload(shell: string) {
  const script = `nginx_log=/dev/null; die() { echo "$1" >&2; exit 1; }
${NGINX_RELOAD}
reload_nginx && { [ ! -e "$1" ] || echo gone; }`;
  return spawnSync(shell, ['-c', script, 'sh', join(folder, 'gone')], {
    encoding: 'utf8',
    env: { ...process.env, PATH: `${folder}:${process.env['PATH']}` },
  });
}

test.each(['dash', 'bash'])('%s: a reload lasts until no former worker takes visitors', async (shell) => {
  await startMaster();
  const ran = reload(shell);
  expect(ran).toMatchObject({ status: 0, stderr: '', stdout: 'gone\n' });
});
