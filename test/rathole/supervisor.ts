import { Client } from './client/client.ts';
import { type Config, readConfig } from './config.ts';
import { panic } from './failure.ts';
import type { Instance } from './instance.ts';
import { Log } from './log.ts';
import { Mailbox } from './mailbox.ts';
import type { Change } from './reload.ts';
import { Server } from './server/server.ts';
import { watchConfig } from './watcher.ts';

const log = new Log('rathole');

/** The role asked for on the command line, if any. */
export type Role = 'server' | 'client' | undefined;

/** Runs the config at `path` and follows its changes. Rejects when it is invalid at the start; else never resolves. */
export async function supervise(path: string, role: Role): Promise<never> {
  const config = await readConfig(path);
  const changes = new Mailbox<Change>();
  changes.push({ kind: 'restart', config });
  void watchConfig(path, config, changes);
  let instance: Instance | undefined;
  for (;;) {
    const change = await changes.take();
    if (change?.kind === 'restart') {
      if (instance !== undefined) log.info('General configuration change detected. Restarting...');
      await instance?.stop();
      instance = start(change.config, role);
    } else if (change !== undefined) {
      const name = change.kind === 'add' ? change.service.name : change.name;
      log.info(`Service change detected. ${change.role} ${change.kind} ${name}`);
      instance?.update(change);
    }
  }
}

/** Without a role asked for, the config must have exactly one. Ends the process where rathole does. */
function start({ server, client }: Config, asked: Role): Instance {
  const role = asked ?? (server && client ? undefined : server ? 'server' : 'client');
  if (role === undefined) return panic('Cannot determine running as a server or a client');
  if (role === 'server') return server ? new Server(server) : panic(missing(role));
  return client ? new Client(client) : panic(missing(role));
}

const missing = (role: string): string =>
  `Err value: Try to run as a ${role}, but the configuration is missing. Please add the \`[${role}]\` block`;
