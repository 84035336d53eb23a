import type { Architecture, BundleProgram } from '../artifacts/bundle/programs.ts';
import { programArchitecture } from '../codec/elf.ts';
import type { Programs } from '../execute/ports.ts';
import type { Desired } from '../model/desired.ts';
import { ReconcileError } from '../model/errors.ts';
import { type ProgramSource, programSources, programsFor, publishedAt } from './wire.ts';

/** As the installer names them, by `uname -m`. */
const ARCHITECTURES: Readonly<Record<string, Architecture>> = {
  x86_64: 'x86_64',
  aarch64: 'aarch64',
  armv7l: 'armv7',
};

/**
 * rathole for each architecture that is pinned: with the bundle where it is a file here, else by its pinned release.
 *
 * @throws ReconcileError `invalid` where that leaves a client of some server without any
 */
export async function bundlePrograms(desired: Desired): Promise<readonly BundleProgram[]> {
  const programs = await programsFor(desired);
  const made = (await programSources(desired)).map((source) => bundleProgram(source, programs));
  const all = (await Promise.all(made)).filter((each) => each !== undefined);
  for (const { rathole, tunnel } of desired.servers) {
    if (!all.some(({ version }) => version === rathole.version)) throw noProgram(tunnel, rathole.version);
  }
  return [...new Map(all.map((each) => [`${each.version} ${each.architecture}`, each])).values()];
}

async function bundleProgram(source: ProgramSource, programs: Programs): Promise<BundleProgram | undefined> {
  const { version, sha256, binary } = source;
  const program = binary === undefined ? undefined : await programs.read(sha256);
  // A hash alone does not say what its file is for; the file does.
  const runsOn = (program && programArchitecture(program)) ?? source.architecture;
  const architecture = ARCHITECTURES[runsOn];
  if (architecture === undefined) return undefined;
  const pinned = { version, architecture, sha256 };
  if (program !== undefined) {
    return { ...pinned, source: { kind: 'embedded', base64: Buffer.from(program).toString('base64') } };
  }
  const url = await publishedAt(source);
  return url === undefined ? undefined : { ...pinned, source: { kind: 'fetched', url } };
}

const noProgram = (tunnel: string, version: string) =>
  new ReconcileError(
    'invalid',
    `the tunnel ${tunnel} pins no rathole ${version} that a client can run`,
    `pin the hash of ${Object.keys(ARCHITECTURES).join(', ')}, whichever its clients are`,
  );
