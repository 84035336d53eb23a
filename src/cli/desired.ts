import type { Desired } from '../model/desired.ts';
import { ReconcileError } from '../model/errors.ts';

/** Which hosts a verb is about: those that carry servers, or also those that are clients. */
export type Reach = 'servers' | 'all';

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
  reach: Reach = 'servers',
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
  const clientHosts = reach === 'all' ? spec.desired.clientHosts : [];
  if (limit === undefined) return { ...spec.desired, clientHosts };
  const names = limitHosts(spec.inventory, limit);
  const desired = {
    ...spec.desired,
    servers: spec.desired.servers.filter(({ host }) => names.has(host.name)),
    clientHosts: clientHosts.filter(({ host }) => names.has(host.name)),
  };
  if (desired.servers.length + desired.clientHosts.length > 0) return desired;
  throw new ReconcileError(
    'invalid',
    `--limit ${limit} leaves no ${reach === 'all' ? 'host' : 'server'} of these playbooks`,
    '`reconcile inventory --graph` shows what is there',
  );
}
