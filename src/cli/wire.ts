import type { ProgramSource } from '../adapters/programs/source.ts';
import type { Host, Programs } from '../execute/ports.ts';
import type { Desired, DesiredHost } from '../model/desired.ts';
import type { Secret } from '../model/secret.ts';
import type { InventorySources, SourceFile, SpecSources } from '../spec/sources.ts';

/** The only place that names adapters. Each is loaded when it is first needed, so that every verb starts fast. */
export async function readInventory(path: string): Promise<InventorySources> {
  const { readInventory } = await import('../adapters/workspace.ts');
  return readInventory(path);
}

/** All that a spec is made from. */
export async function readSources(inventory: string, playbooks: readonly string[]): Promise<SpecSources> {
  const [{ readInventory, readPlaybooks }, { lookAtProgram }] = await Promise.all([
    import('../adapters/workspace.ts'),
    import('../adapters/programs/look.ts'),
  ]);
  const [read, files] = await Promise.all([readInventory(inventory), readPlaybooks(playbooks)]);
  return { inventory: read, playbooks: files, lookAtProgram };
}

export async function readPlaybooks(paths: readonly string[]): Promise<readonly SourceFile[]> {
  const { readPlaybooks } = await import('../adapters/workspace.ts');
  return readPlaybooks(paths);
}

/** Replaces a file as a whole, readable by its owner alone. */
export async function writePrivately(path: string, text: string): Promise<void> {
  const { writePrivately } = await import('../adapters/private-file.ts');
  return writePrivately(path, text);
}

/** Looks whether `writePrivately` could write there. */
export async function checkWritable(path: string): Promise<void> {
  const { checkWritable } = await import('../adapters/private-file.ts');
  return checkWritable(path);
}

/** Opens hosts for one run. */
export function hostOpener(sshConfig: string | undefined): (host: DesiredHost) => Promise<Host> {
  let ssh: ReturnType<typeof import('../adapters/ssh.ts').createSsh> | undefined;
  return async ({ name, connection }) => {
    if (connection.kind === 'local') {
      const { localHost } = await import('../adapters/local.ts');
      return localHost(name, connection.become);
    }
    const { createSsh } = await import('../adapters/ssh.ts');
    ssh ??= createSsh(sshConfig);
    return ssh.connect(name, connection);
  };
}

/** Who is named in the hosts' audit logs. */
export async function actor(): Promise<string> {
  const { actor } = await import('../adapters/actor.ts');
  return actor();
}

export type { ProgramSource };

/** Every program that the playbooks pin. */
export async function programSources(desired: Desired): Promise<readonly ProgramSource[]> {
  const { programSources } = await import('../adapters/programs/source.ts');
  return programSources(desired);
}

/** Where the release file of a program is published; undefined for an architecture without one. */
export async function publishedAt(source: ProgramSource): Promise<string | undefined> {
  const [{ RELEASES }, { releaseUrl }] = await Promise.all([
    import('../adapters/programs/programs.ts'),
    import('../adapters/programs/source.ts'),
  ]);
  return releaseUrl(RELEASES, source);
}

export async function writeBundle(
  path: string,
  script: string,
  keys: ReadonlyMap<string, Secret>,
): Promise<boolean> {
  const { writeBundle } = await import('../adapters/bundle-file.ts');
  return writeBundle(path, script, keys);
}

export async function workTreeOf(path: string): Promise<string | undefined> {
  const { workTreeOf } = await import('../adapters/bundle-file.ts');
  return workTreeOf(path);
}

/** Where this run's programs come from. */
export async function programsFor(desired: Desired): Promise<Programs> {
  const [{ programs }, { programSources }, { cacheFolder }] = await Promise.all([
    import('../adapters/programs/programs.ts'),
    import('../adapters/programs/source.ts'),
    import('../adapters/programs/cache-folder.ts'),
  ]);
  return programs(programSources(desired), { cacheFolder: cacheFolder(process.env) });
}
