import { Option } from 'commander';
import type { ExitCode } from '../model/errors.ts';
import type { FindingFormat } from '../render/findings.ts';
import { exitStatuses } from './options.ts';
import type { DefineVerb } from './verb.ts';

interface Options {
  readonly inventory: string;
  readonly format: FindingFormat;
}

/** `reconcile validate`: every mistake in the files at once, offline. */
export const validate: DefineVerb = (program, end) => {
  program
    .command('validate')
    .description('Check playbooks and their inventory, offline; every mistake at once.')
    .argument('<playbook...>', 'the playbooks that belong together')
    .requiredOption('-i, --inventory <path>', 'inventory file or folder')
    .addOption(formatOption())
    .addHelpText('after', exitStatuses('ok', 'invalid', 'internal'))
    .action((playbooks: string[], options: Options) => end(run(playbooks, options)));
};

/** The list of formats is written out here so that help needs no renderer. */
const formatOption = () =>
  new Option('--format <format>', 'how findings are written')
    .choices(['text', 'json', 'github'])
    .default('text');

async function run(paths: readonly string[], { inventory, format }: Options): Promise<ExitCode> {
  const [{ readSources }, { loadSpec }, { renderFindings }] = await Promise.all([
    import('./wire.ts'),
    import('../spec/index.ts'),
    import('../render/findings.ts'),
  ]);
  const { findings, desired } = loadSpec(await readSources(inventory, paths));
  process.stdout.write(renderFindings(findings, format));
  return desired ? 'ok' : 'invalid';
}
