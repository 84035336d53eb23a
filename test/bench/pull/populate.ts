import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  mkdirSync,
  readFileSync,
  renameSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { keyPath, NGINX_KEYS, PULL } from '../../../src/artifacts/paths.ts';
import { keyMap } from '../../../src/artifacts/pull/key-map.ts';
import { keyPlaceholder } from '../../../src/codec/placeholder.ts';

const MODEL = 'desktop';

/**
 * Runs on the server: `populate COUNT FILE`. Gives as many clients their folders and their keys as if each had been
 * declared, by copies of the one that was, and writes nginx's map as reconcile does. FILE gets all keys, a line each.
 */
function populate(count: number, file: string): void {
  const clients = Array.from({ length: count }, (_, at) => `client${String(at).padStart(5, '0')}`);
  const keys = new Map(clients.map((client) => [client, randomBytes(16).toString('hex')]));
  clients.forEach(publish);
  const text = keyMap([...clients, MODEL].map((client) => ({ client, number: 1 })));
  const filled = [...keys, [MODEL, readFileSync(keyPath(MODEL, 1), 'utf8').trim()] as const].reduce(
    (lines, [client, key]) => lines.set(keyPlaceholder(client, 1), key),
    new Map<string, string>(),
  );
  const map = text.replaceAll(/\{\{key [^}]+\}\}/g, (placeholder) => filled.get(placeholder) ?? '');
  writeFileSync(`${NGINX_KEYS}.new`, map, { mode: 0o600 });
  renameSync(`${NGINX_KEYS}.new`, NGINX_KEYS);
  writeFileSync(file, `${[...keys.values()].join('\n')}\n`, { mode: 0o600 });
}

function publish(client: string): void {
  const { gid } = statSync(`${PULL}/${MODEL}`);
  mkdirSync(`${PULL}/${client}`, { mode: 0o750, recursive: true });
  chownSync(`${PULL}/${client}`, 0, gid);
  for (const name of ['client.toml', 'config', 'sync.conf']) {
    const [from, to] = [`${PULL}/${MODEL}/${name}`, `${PULL}/${client}/${name}`];
    copyFileSync(from, to);
    chmodSync(to, 0o640);
    chownSync(to, 0, gid);
    utimesSync(to, statSync(from).atime, statSync(from).mtime);
  }
}

const [, , count = '', file = ''] = process.argv;
populate(Number(count), file);
