import type { Host, Programs } from '../execute/ports.ts';
import type { Desired, DesiredHost } from '../model/desired.ts';
import type { InventorySources, SourceFile } from '../spec/sources.ts';

/** The only place that names adapters. Each is loaded when it is first needed, so that every verb starts fast. */
export async function readInventory(path: string): Promise<InventorySources> {
  const { readInventory } = await import('../adapters/workspace.ts');
  return readInventory(path);
}

export async function readPlaybooks(paths: readonly string[]): Promise<readonly SourceFile[]> {
  const { readSource } = await import('../adapters/workspace.ts');
  return Promise.all(paths.map(readSource));
}

/** Replaces a file as a whole, readable by its owner alone. */
export async function writePrivately(path: string, text: string): Promise<void> {
  const { writePrivately } = await import('../adapters/private-file.ts');
  return writePrivately(path, text);
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

/** Where this run's programs come from. */
export async function programsFor(desired: Desired): Promise<Programs> {
  const [{ programs }, { programSources }, { cacheFolder }] = await Promise.all([
    import('../adapters/programs/programs.ts'),
    import('../adapters/programs/source.ts'),
    import('../adapters/programs/cache-folder.ts'),
  ]);
  return programs(programSources(desired), { cacheFolder: cacheFolder(process.env) });
}
