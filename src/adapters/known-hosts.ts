import { createHash, createHmac } from 'node:crypto';
import { readFile } from 'node:fs/promises';

/** One line of a known_hosts file. */
export interface KnownHost {
  readonly marker?: string;
  /** Comma-separated patterns, or one hashed name. */
  readonly hosts: string;
  readonly type: string;
  /** Base64, as in the file. */
  readonly key: string;
  /** `FILE:LINE` */
  readonly where: string;
}

/** What known_hosts says of a key that a host presents. */
export type Verdict =
  | { readonly kind: 'known' }
  /** No line names the host. `authority`: one names a certificate authority for it, which is not supported. */
  | { readonly kind: 'unknown'; readonly authority: boolean }
  /** Lines name the host, with other keys. */
  | { readonly kind: 'changed'; readonly others: readonly KnownHost[] }
  | { readonly kind: 'revoked'; readonly where: string };

/** Reads the files in order. A missing one is empty; ssh's lists name files that need not exist. */
export async function readKnownHosts(files: readonly string[]): Promise<readonly KnownHost[]> {
  const texts = await Promise.all(files.map(readIfThere));
  return texts.flatMap((text, at) => parseKnownHosts(text, files[at] ?? ''));
}

async function readIfThere(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return '';
    throw error;
  }
}

export function parseKnownHosts(text: string, file: string): readonly KnownHost[] {
  return text.split('\n').flatMap((line, at) => {
    const [, marker, hosts = '', type = '', key = ''] =
      /^\s*(?:@(\S+)\s+)?([^\s#]\S*)\s+(\S+)\s+(\S+)/.exec(line) ?? [];
    if (hosts === '') return [];
    return [{ ...(marker === undefined ? {} : { marker }), hosts, type, key, where: `${file}:${at + 1}` }];
  });
}

/**
 * The names under which a host is looked up, best first: only when no line has the first, the next counts. ssh, too,
 * accepts a host on another port by its name alone.
 */
export function lookupNames(host: string, port: number, alias: string | undefined): readonly string[] {
  const name = (alias ?? host).toLowerCase();
  return alias !== undefined || port === 22 ? [name] : [`[${name}]:${port}`, name];
}

/** The key types by which a host is known, so that it can be asked for one of those. */
export function knownTypes(entries: readonly KnownHost[], names: readonly string[]): readonly string[] {
  return [
    ...new Set(linesFor(entries, names).flatMap(({ marker, type }) => (marker === undefined ? [type] : []))),
  ];
}

/** Judges `key`, in SSH's wire format. */
export function judge(entries: readonly KnownHost[], names: readonly string[], key: Buffer): Verdict {
  const base64 = key.toString('base64');
  const revoked = entries.find(
    (entry) =>
      entry.marker === 'revoked' && entry.key === base64 && names.some((name) => matches(entry.hosts, name)),
  );
  if (revoked !== undefined) return { kind: 'revoked', where: revoked.where };
  const lines = linesFor(entries, names);
  const plain = lines.filter(({ marker }) => marker === undefined);
  if (plain.some((entry) => entry.key === base64)) return { kind: 'known' };
  if (plain.length > 0) return { kind: 'changed', others: plain };
  return { kind: 'unknown', authority: lines.some(({ marker }) => marker === 'cert-authority') };
}

function linesFor(entries: readonly KnownHost[], names: readonly string[]): readonly KnownHost[] {
  for (const name of names) {
    const lines = entries.filter((entry) => entry.marker !== 'revoked' && matches(entry.hosts, name));
    if (lines.length > 0) return lines;
  }
  return [];
}

/** Whether a line's patterns name a host: one must match, and none that begins with `!`. */
function matches(hosts: string, name: string): boolean {
  if (hosts.startsWith('|1|')) return matchesHash(hosts, name);
  const patterns = hosts.toLowerCase().split(',');
  const hit = (pattern: string) => glob(pattern).test(name);
  return !patterns.some((text) => text.startsWith('!') && hit(text.slice(1))) && patterns.some(hit);
}

/** `|1|SALT|HMAC-SHA1 of the name`, both in base64. */
function matchesHash(hosts: string, name: string): boolean {
  const [, , salt = '', hash = ''] = hosts.split('|');
  return createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest('base64') === hash;
}

const glob = (pattern: string) =>
  new RegExp(
    `^${pattern
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.')}$`,
  );

/** As `ssh-keygen -l` prints it. */
export const fingerprint = (key: Buffer) =>
  `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;

/** The type that a key in wire format names: `ssh-ed25519`, … */
export const keyType = (key: Buffer) => key.toString('latin1', 4, 4 + key.readUInt32BE(0));
