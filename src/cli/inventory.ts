import { Option } from 'commander';
import { type ExitCode, ReconcileError } from '../model/errors.ts';
import type { Inventory } from '../model/inventory.ts';
import { exitStatuses } from './options.ts';
import type { DefineVerb } from './verb.ts';

interface Options {
  readonly inventory: string;
  readonly host?: string;
  readonly graph?: boolean;
  readonly limit?: string;
}

/** `reconcile inventory`: what the inventory says about its hosts, after precedence. */
export const inventory: DefineVerb = (program, end) => {
  program
    .command('inventory')
    .description('Print the hosts, groups and variables of an inventory, offline.')
    .requiredOption('-i, --inventory <path>', 'inventory file or folder')
    .option('--host <name>', "print one host's variables")
    .addOption(new Option('--graph', 'print the groups as a tree').conflicts('host'))
    .option('--limit <pattern>', 'only these hosts, as in Ansible: names, groups, globs, !x, &y')
    .addHelpText('after', exitStatuses('ok', 'invalid', 'internal'))
    .action((options: Options) => end(run(options)));
};

async function run(options: Options): Promise<ExitCode> {
  const [{ readInventory }, { loadInventorySpec }, { renderFindings }] = await Promise.all([
    import('./wire.ts'),
    import('../spec/index.ts'),
    import('../render/findings.ts'),
  ]);
  const spec = loadInventorySpec(await readInventory(options.inventory));
  if (spec.findings.length > 0) process.stderr.write(renderFindings(spec.findings, 'text'));
  if (spec.findings.some((finding) => finding.severity === 'error')) return 'invalid';
  process.stdout.write(await print(spec.inventory, options));
  return 'ok';
}

async function print(whole: Inventory, { host, graph, limit }: Options): Promise<string> {
  const [{ renderGraph, renderHost, renderInventory }, { limitHosts, onlyHosts }] = await Promise.all([
    import('../render/inventory.ts'),
    import('../spec/inventory/limit.ts'),
  ]);
  const shown = limit === undefined ? whole : onlyHosts(whole, limitHosts(whole, limit));
  if (graph) return renderGraph(shown);
  if (host === undefined) return renderInventory(shown);
  const found = shown.hosts.find((known) => known.name === host);
  if (found) return renderHost(found);
  throw new ReconcileError(
    'invalid',
    `there is no host "${host}"`,
    '`reconcile inventory --graph` shows what is there',
  );
}
