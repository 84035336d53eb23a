import type { Desired } from '../../model/desired.ts';
import { lookAtProgram } from './look.ts';

/** Where a program with a pinned SHA-256 may come from. */
export interface ProgramSource {
  readonly sha256: string;
  readonly version: string;
  /** As `uname -m` says it; x86_64 for a hash that is pinned alone. */
  readonly architecture: string;
  /** A file on this machine; without it the release is downloaded. */
  readonly binary?: string;
}

/** The target triple in a release file's name, by `uname -m`. */
const TARGETS: Readonly<Record<string, string>> = {
  x86_64: 'x86_64-unknown-linux-gnu',
  aarch64: 'aarch64-unknown-linux-musl',
  armv7l: 'armv7-unknown-linux-musleabihf',
  armv6l: 'arm-unknown-linux-musleabihf',
};

/**
 * Every program that the playbooks pin. A file is the program of one architecture: of several hashes it stands for the
 * one that it has, and where it has none of them, for all, so that whoever reads it hears of the difference.
 */
export function programSources({ servers, clientHosts }: Desired): ProgramSource[] {
  const pinning = new Set([...servers, ...clientHosts.flatMap((client) => client.servers)]);
  return [...pinning].flatMap(({ rathole: { version, sha256, binary } }) => {
    const hashes = typeof sha256 === 'string' ? { x86_64: sha256 } : sha256;
    const entries = Object.entries(hashes);
    const found = entries.length > 1 && binary !== undefined ? lookAtProgram(binary) : undefined;
    const own = found?.kind === 'read' && entries.some(([, hash]) => hash === found.sha256) && found.sha256;
    return entries.map(([architecture, hash]) => ({
      ...{ sha256: hash, version, architecture },
      ...(binary !== undefined && (!own || own === hash) && { binary }),
    }));
  });
}

/** The release file's address below a releases' root, or undefined for an architecture without one. */
export function releaseUrl(root: string, { version, architecture }: ProgramSource): string | undefined {
  const target = TARGETS[architecture];
  return target === undefined ? undefined : `${root}/v${version}/rathole-${target}.zip`;
}
