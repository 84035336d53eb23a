import { createHash } from 'node:crypto';
import { MARKER_LINE } from '../../../src/artifacts/marker.ts';
import { TRAILER } from '../../../src/artifacts/pull/seal.ts';
import { syncHead } from '../../../src/artifacts/pull/sync-conf.ts';

/** Made-up secrets: they must turn up nowhere but in their own files. */
export const KEY = '0123456789abcdef0123456789abcdef';
export const NEXT_KEY = 'fedcba9876543210fedcba9876543210';

const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

/** As the host seals a file. */
export function sealed(text: string): string {
  return `${text}${TRAILER} ${sha256(text)}\n`;
}

/** A whole client.toml whose text depends on `word`. */
export function clientToml(word: string): string {
  return sealed(`${MARKER_LINE}[client]
remote_addr = "127.0.0.1:443"

[client.services."ssh.g1"]
token = "${sha256(word)}"
local_addr = "127.0.0.1:22"
`);
}

/** What may stand in a sync.conf besides server and client.toml. */
export interface Announced {
  readonly poll?: number;
  readonly finalizeAt?: number;
  readonly key?: string;
}

/** A whole sync.conf that names `toml`, a sealed client.toml. */
export function syncConf(
  server: string,
  toml: string,
  { poll = 300, finalizeAt, key }: Announced = {},
): string {
  const sum = toml.trimEnd().slice(-64);
  return sealed(
    [
      syncHead({ poll, server }),
      `client_toml = ${sum}\n`,
      finalizeAt === undefined ? '' : `finalize_at = ${finalizeAt}\n`,
      key === undefined ? '' : `key = ${key}\n`,
    ].join(''),
  );
}
