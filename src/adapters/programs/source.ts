import type { Desired } from '../../model/desired.ts';

/** Where a program with a pinned SHA-256 may come from. */
export interface ProgramSource {
  readonly sha256: string;
  readonly version: string;
  /** As `uname -m` says it; a hash that is pinned for all hosts is that of x86_64's release. */
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

/** Every program that the playbooks pin. */
export function programSources({ servers }: Desired): ProgramSource[] {
  return servers.flatMap(({ rathole: { version, sha256, binary } }) => {
    const hashes = typeof sha256 === 'string' ? { x86_64: sha256 } : sha256;
    return Object.entries(hashes).map(([architecture, hash]) => ({
      sha256: hash,
      version,
      architecture,
      ...(binary === undefined ? {} : { binary }),
    }));
  });
}

/** The release file's address below a releases' root, or undefined for an architecture without one. */
export function releaseUrl(root: string, { version, architecture }: ProgramSource): string | undefined {
  const target = TARGETS[architecture];
  return target === undefined ? undefined : `${root}/v${version}/rathole-${target}.zip`;
}
