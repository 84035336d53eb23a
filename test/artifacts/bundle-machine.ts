import { execFile } from 'node:child_process';
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';

/** A root folder for an installer, and stand-ins for the programs that would change the machine itself. */
export interface Machine {
  readonly prefix: string;
  /** Runs the installer text under `shell`. */
  run(
    shell: readonly string[],
    script: string,
    ...args: string[]
  ): Promise<{ status: number; output: string }>;
  /** Every file by path: its mode, its time and its text, or where it links to. */
  files(): Readonly<Record<string, string>>;
  /** How the stand-ins were called since the last look. */
  calls(): readonly string[];
  /** It has only this one of the downloaders from now on, which trusts the authority in that file. */
  downloadsWith(tool: 'curl' | 'wget', caFile: string): void;
  remove(): void;
}

export function makeMachine({ systemd }: { readonly systemd: boolean }): Machine {
  const folder = mkdtempSync(join(tmpdir(), 'reconcile-bundle-'));
  const [prefix, bin, log] = [join(folder, 'root'), join(folder, 'bin'), join(folder, 'calls')];
  mkdirSync(join(prefix, systemd ? 'run/systemd/system' : 'etc/cron.d'), { recursive: true });
  mkdirSync(bin);
  const stand = (name: string, script: string) => {
    writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`);
    chmodSync(join(bin, name), 0o755);
  };
  writeFileSync(log, '');
  for (const name of ['systemctl', 'useradd', 'userdel', 'chgrp']) stand(name, `echo "${name} $*" >>${log}`);
  stand('id', `case $* in -u) echo 0 ;; *) grep -q useradd ${log} ;; esac`);
  stand('uname', 'case $* in -m) echo x86_64 ;; *) echo machine ;; esac');
  let read = 0;
  let env: NodeJS.ProcessEnv = { PATH: `${bin}:${process.env['PATH']}` };
  return {
    prefix,
    run: (shell, script, ...args) => {
      const file = join(folder, 'bundle');
      writeFileSync(file, script, { mode: 0o600 });
      const [program = '', ...before] = shell;
      return new Promise((resolve) => {
        execFile(program, [...before, file, ...args], { env }, (error, stdout, stderr) => {
          resolve({ status: typeof error?.code === 'number' ? error.code : 0, output: stdout + stderr });
        });
      });
    },
    files: () => listFiles(prefix),
    calls: () => {
      const all = readFileSync(log, 'utf8').split('\n').filter(Boolean);
      const fresh = all.slice(read);
      read = all.length;
      return fresh;
    },
    downloadsWith: (tool, caFile) => {
      const path = join(folder, 'path');
      mkdirSync(path);
      for (const name of readdirSync('/usr/bin')) {
        if (name === tool || !['curl', 'wget'].includes(name))
          symlinkSync(`/usr/bin/${name}`, join(path, name));
      }
      const settings = join(folder, 'wgetrc');
      writeFileSync(settings, `ca_certificate = ${caFile}\n`);
      env = { PATH: `${bin}:${path}`, CURL_CA_BUNDLE: caFile, WGETRC: settings };
    },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function listFiles(prefix: string): Readonly<Record<string, string>> {
  const describe = (path: string): string | undefined => {
    const stat = lstatSync(path);
    if (stat.isSymbolicLink()) return `-> /${relative(prefix, readlinkSync(path))}`;
    if (!stat.isFile()) return undefined;
    return `${(stat.mode & 0o7777).toString(8)} ${stat.mtimeMs}\n${readFileSync(path, 'utf8')}`;
  };
  const entries = readdirSync(prefix, { recursive: true, encoding: 'utf8' }).sort();
  return Object.fromEntries(
    entries.flatMap((entry) => {
      const text = describe(join(prefix, entry));
      return text === undefined ? [] : [[`/${entry}`, text]];
    }),
  );
}
