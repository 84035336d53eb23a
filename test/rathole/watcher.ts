import { watch } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { type Config, readConfig } from './config.ts';
import { chain, Failure } from './failure.ts';
import { Log } from './log.ts';
import { Mailbox } from './mailbox.ts';
import { type Change, changesBetween } from './reload.ts';

const log = new Log('rathole::config_watcher');

/** Puts into `changes` what each rewrite of the config at `path` changes; `loaded` is what runs now. Never resolves. */
export async function watchConfig(path: string, loaded: Config, changes: Mailbox<Change>): Promise<void> {
  const file = resolve(path);
  const rescans = new Mailbox<true>();
  watchFolder(file, () => rescans.push(true));
  log.info('Start watching the config');
  let config = loaded;
  while (await rescans.take()) {
    log.info('Rescan the configuration');
    try {
      const next = await readConfig(file);
      for (const change of changesBetween(config, next)) changes.push(change);
      config = next;
    } catch (error) {
      log.error(chain(new Failure('The changed configuration is invalid. Ignored', error)));
    }
  }
}

/** Both halves of a move come at once; what is further apart has nothing to do with each other. */
const ONE_MOVE_MS = 50;

/**
 * Calls `onRewrite` for each write to `file`, each change of its attributes, and each move onto it within its folder.
 * rathole watches the folder, so it never sees a write to a symlink's target. It also takes a file that comes from
 * another folder for a new one, and ignores that files are made or removed. Node reports both halves of a move, creation
 * and removal alike; a move within the folder is told by the other name just before.
 */
function watchFolder(file: string, onRewrite: () => void): void {
  let previous = { name: '', at: 0 };
  watch(dirname(file), (event, name) => {
    const { name: other, at } = previous;
    previous = { name: event === 'rename' ? (name ?? '') : '', at: performance.now() };
    if (name !== basename(file)) return;
    const moved = other !== '' && other !== name && performance.now() - at < ONE_MOVE_MS;
    if (event === 'change' || moved) onRewrite();
  });
}
