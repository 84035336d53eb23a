import { realpath } from 'node:fs/promises';
import { dirname } from 'node:path';
import { Option } from 'commander';
import { type ExitCode, ReconcileError } from '../model/errors.ts';
import type { Plan } from '../model/plan.ts';
import { printable } from '../render/printable.ts';
import { exitStatuses, forksOption, limitOption, sshConfigOption } from './options.ts';
import type { Planning } from './planning.ts';
import { PLAN_FORMATS, type PlanFormat } from './render-plan.ts';
import type { DefineVerb } from './verb.ts';

interface Options {
  readonly inventory: string;
  readonly limit?: string;
  readonly forks: number;
  readonly sshConfig?: string;
  readonly format: PlanFormat;
  readonly full: boolean;
  readonly out?: string;
  readonly detailedExitcode: boolean;
}

/** `reconcile plan`: what an apply would change, and who would notice. Changes nothing. */
export const plan: DefineVerb = (program, end) => {
  program
    .command('plan')
    .description(
      'Show what an apply would change on servers and clients, and who would notice; changes nothing.',
    )
    .argument('<playbook...>', 'the playbooks that belong together')
    .requiredOption('-i, --inventory <path>', 'inventory file or folder')
    .addOption(limitOption())
    .addOption(
      new Option('--format <format>', 'how the plan is written').choices(PLAN_FORMATS).default('text'),
    )
    .option('--full', 'also show the texts of files that are created or deleted', false)
    .option('--out <file>', 'also write a plan file, for `reconcile apply FILE`')
    .option(
      '--detailed-exitcode',
      'exit with 2 when something differs; a rotation that is only due does not',
      false,
    )
    .addOption(forksOption())
    .addOption(sshConfigOption())
    .addHelpText(
      'after',
      exitStatuses('ok', 'invalid', 'changes', 'failed', 'unreachable', 'refused', 'internal'),
    )
    .action((playbooks: string[], options: Options) => end(run(playbooks, options)));
};

async function run(playbooks: readonly string[], options: Options): Promise<ExitCode> {
  const [{ withPlan }, { checkWritable }] = await Promise.all([import('./planning.ts'), import('./wire.ts')]);
  if (options.out !== undefined) {
    await checkWritable(options.out);
    await keepSources(options.out, [options.inventory, ...playbooks]);
  }
  const subject = { ...options, playbooks };
  return withPlan(subject, (planning) => show(planning, playbooks, options));
}

/** A plan file never takes the place of what it is made from. */
async function keepSources(out: string, sources: readonly string[]): Promise<void> {
  const trueName = (path: string) => realpath(path).catch(() => undefined);
  const taken = await trueName(out);
  if (taken === undefined) return;
  for (const source of sources)
    if ((await trueName(source)) === taken)
      throw new ReconcileError('invalid', `--out ${out} is what the plan is made from`, 'give another path');
}

async function show(planning: Planning, playbooks: readonly string[], options: Options): Promise<ExitCode> {
  const [{ renderPlan }, { unseenText, unseenCode }] = await Promise.all([
    import('./render-plan.ts'),
    import('./planning.ts'),
  ]);
  process.stdout.write(await renderPlan(planning, options.format, options.full));
  process.stderr.write(unseenText(planning.unseen));
  if (options.out !== undefined) await save(options.out, planning, playbooks, options);
  return unseenCode(planning.unseen) ?? statusOf(planning.plan, options.detailedExitcode);
}

/** What a rotation or a key's move makes due is no difference from the playbook: it has no part in the digest either. */
export function statusOf({ hosts }: Plan, detailed: boolean): ExitCode {
  if (hosts.some(({ refusals }) => refusals.length > 0)) return 'refused';
  const differs = hosts.some(({ steps }) => steps.some(({ due }) => due !== true));
  return detailed && differs ? 'changes' : 'ok';
}

async function save(
  path: string,
  planning: Planning,
  playbooks: readonly string[],
  { inventory, limit }: Options,
): Promise<void> {
  if (planning.plan.hosts.length === 0) {
    process.stderr.write(printable(`${path} is not written: no host could be looked at\n`));
    return;
  }
  const [{ writePlanFile, seenFrom }, { renderPlan }, { writePrivately }] = await Promise.all([
    import('./plan-file.ts'),
    import('./render-plan.ts'),
    import('./wire.ts'),
  ]);
  const folder = await realpath(dirname(path));
  const fromThere = (given: string) => seenFrom(folder, process.cwd(), given);
  const inputs = {
    digest: planning.plan.digest,
    inventory: fromThere(inventory),
    playbooks: playbooks.map(fromThere),
    ...(limit === undefined ? {} : { limit }),
  };
  await writePrivately(path, writePlanFile(inputs, JSON.parse(await renderPlan(planning, 'json'))));
}
