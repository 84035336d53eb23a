import { existsSync, readFileSync, statSync } from 'node:fs';
import { bundle } from './bundle.ts';
import type { Host } from './host.ts';

const PROGRAM = '/usr/local/bin/rathole';

export interface RatholeUnit {
  /** The unit's name; its config is /etc/rathole/NAME.toml. */
  readonly name: string;
  readonly role: 'server' | 'client';
  readonly config: string;
}

/**
 * The one executable file that plays rathole in every test: the real program where RATHOLE_BIN names it, else the
 * stand-in, which needs only the host's `node`.
 * @throws when RATHOLE_BIN names no program.
 */
export async function ratholeProgram(): Promise<string> {
  const path = process.env['RATHOLE_BIN'];
  if (path === undefined) return bundle('test/rathole/main.ts', 'rathole', 'cjs');
  const fault = faultOf(path);
  if (fault !== undefined) throw new Error(`RATHOLE_BIN is '${path}', which ${fault}`);
  return path;
}

/** Found out here: in a host it would be a unit that does not start. */
function faultOf(path: string): string | undefined {
  if (!existsSync(path)) return 'does not exist';
  const stat = statSync(path);
  if (!stat.isFile()) return 'is not a file';
  if (stat.size === 0) return 'is empty';
  if ((stat.mode & 0o111) === 0) return 'is not executable';
  return undefined;
}

/** Puts rathole into the host as /usr/local/bin/rathole. */
export async function installRathole(host: Host): Promise<void> {
  await host.write(PROGRAM, readFileSync(await ratholeProgram()), { mode: '0755' });
}

/** Writes the config and starts the unit, which comes back a second after an abort and at every boot. */
export async function startRathole(host: Host, { name, role, config }: RatholeUnit): Promise<void> {
  const path = `/etc/rathole/${name}.toml`;
  await host.write(path, config);
  await host.write(`/etc/systemd/system/${name}.service`, unitText(role, path));
  await host.must(['systemctl', 'enable', '--quiet', '--now', name]);
}

const unitText = (role: string, path: string) => `[Unit]
After=network.target
StartLimitIntervalSec=0
[Service]
ExecStart=${PROGRAM} --${role} ${path}
Restart=always
RestartSec=1
[Install]
WantedBy=multi-user.target
`;
