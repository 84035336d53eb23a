import type { Desired } from '../model/desired.ts';
import { ReconcileError } from '../model/errors.ts';

/**
 * What verbs that look at hosts start from: the validated playbooks, for the hosts that `--limit` leaves.
 * Findings go to stderr.
 *
 * @throws ReconcileError `invalid` when a file has an error or the limit names nothing or leaves nothing
 */
export async function loadDesired(
  inventory: string,
  paths: readonly string[],
  limit?: string,
): Promise<Desired> {
  const [{ readSources }, { loadSpec }, { renderFindings }, { limitHosts }] = await Promise.all([
    import('./wire.ts'),
    import('../spec/index.ts'),
    import('../render/findings.ts'),
    import('../spec/inventory/limit.ts'),
  ]);
  const spec = loadSpec(await readSources(inventory, paths));
  if (spec.findings.length > 0) process.stderr.write(renderFindings(spec.findings, 'text'));
  if (!spec.desired)
    throw new ReconcileError('invalid', 'the files above have errors', 'mend them; nothing was done');
  if (limit === undefined) return spec.desired;
  const names = limitHosts(spec.inventory, limit);
  const servers = spec.desired.servers.filter((server) => names.has(server.host.name));
  if (servers.length > 0) return { ...spec.desired, servers };
  throw new ReconcileError(
    'invalid',
    `--limit ${limit} leaves no host of these playbooks`,
    '`reconcile inventory --graph` shows what is there',
  );
}
