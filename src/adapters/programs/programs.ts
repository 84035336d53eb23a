import { readFile } from 'node:fs/promises';
import type { Programs } from '../../execute/ports.ts';
import { ReconcileError } from '../../model/errors.ts';
import { readCached, writeCached } from './cache.ts';
import { hashOf } from './hash.ts';
import { fetchRelease } from './release.ts';
import { type ProgramSource, releaseUrl } from './source.ts';

/** Where rathole publishes its releases. */
export const RELEASES = 'https://github.com/rathole-org/rathole/releases/download';

export interface ProgramsOptions {
  readonly cacheFolder: string;
  /** The address below which release files lie. */
  readonly releases?: string;
}

/** Gives programs from files, from the cache, or from their release: each at most once in a run, however many hosts ask. */
export function programs(sources: readonly ProgramSource[], options: ProgramsOptions): Programs {
  const asked = new Map<string, Promise<Uint8Array>>();
  return {
    read: (sha256) => {
      const known = asked.get(sha256) ?? readProgram(sha256, sources, options);
      asked.set(sha256, known);
      return known;
    },
  };
}

async function readProgram(
  sha256: string,
  sources: readonly ProgramSource[],
  options: ProgramsOptions,
): Promise<Uint8Array> {
  const source = sources.find((candidate) => candidate.sha256 === sha256);
  if (source === undefined) {
    throw new ReconcileError(
      'invalid',
      `no playbook pins a program with the SHA-256 ${sha256}`,
      'plan again with the playbooks that pin it',
    );
  }
  if (source.binary !== undefined) return checked(await fromFile(source.binary), sha256, source.binary);
  return (await readCached(options.cacheFolder, sha256)) ?? downloaded(source, options);
}

async function downloaded(source: ProgramSource, options: ProgramsOptions): Promise<Uint8Array> {
  const url = releaseUrl(options.releases ?? RELEASES, source);
  if (url === undefined) {
    throw new ReconcileError(
      'invalid',
      `rathole has no release file for ${source.architecture}`,
      'build the program for it, and give its path as rathole.binary',
    );
  }
  const program = checked(await fetchRelease(url), source.sha256, `the program in ${url}`);
  await writeCached(options.cacheFolder, source.sha256, program);
  return program;
}

async function fromFile(path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    throw new ReconcileError(
      'invalid',
      `the program ${path} cannot be read`,
      'mend the path in rathole.binary',
      error,
    );
  }
}

function checked(program: Uint8Array, sha256: string, origin: string): Uint8Array {
  const found = hashOf(program);
  if (found === sha256) return program;
  throw new ReconcileError(
    'invalid',
    `${origin} has the SHA-256 ${found}, but ${sha256} is pinned`,
    'use the program that was pinned; pin another only when you know where it comes from',
  );
}
