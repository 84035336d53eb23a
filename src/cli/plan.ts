import { Option } from 'commander';
import type { ExitCode } from '../model/errors.ts';
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
    .description('Show what an apply would change on the servers, and who would notice; changes nothing.')
    .argument('<playbook...>', 'the playbooks that belong together')
    .requiredOption('-i, --inventory <path>', 'inventory file or folder')
    .addOption(limitOption())
    .addOption(
      new Option('--format <format>', 'how the plan is written').choices(PLAN_FORMATS).default('text'),
    )
    .option('--full', 'also show the texts of files that are created or deleted', false)
    .option('--out <file>', 'also write a plan file, for `reconcile apply FILE`')
    .option('--detailed-exitcode', 'exit with 2 when there are changes', false)
    .addOption(forksOption())
    .addOption(sshConfigOption())
    .addHelpText(
      'after',
      exitStatuses('ok', 'invalid', 'changes', 'failed', 'unreachable', 'refused', 'internal'),
    )
    .action((playbooks: string[], options: Options) => end(run(playbooks, options)));
};

async function run(playbooks: readonly string[], options: Options): Promise<ExitCode> {
  const { withPlan } = await import('./planning.ts');
  const subject = { ...options, playbooks };
  return withPlan(subject, (planning) => show(planning, playbooks, options));
}

async function show(planning: Planning, playbooks: readonly string[], options: Options): Promise<ExitCode> {
  const [{ renderPlan }, { unseenText, unseenCode }] = await Promise.all([
    import('./render-plan.ts'),
    import('./planning.ts'),
  ]);
  process.stdout.write(await renderPlan(planning.plan, options.format, options.full));
  process.stderr.write(unseenText(planning.unseen));
  if (options.out !== undefined) await save(options.out, planning, playbooks, options);
  return unseenCode(planning.unseen) ?? statusOf(planning, options.detailedExitcode);
}

function statusOf({ plan: { hosts } }: Planning, detailed: boolean): ExitCode {
  if (hosts.some(({ refusals }) => refusals.length > 0)) return 'refused';
  return detailed && hosts.some(({ steps }) => steps.length > 0) ? 'changes' : 'ok';
}

async function save(
  path: string,
  { plan }: Planning,
  playbooks: readonly string[],
  { inventory, limit }: Options,
): Promise<void> {
  const [{ writePlanFile }, { renderPlan }, { writePrivately }] = await Promise.all([
    import('./plan-file.ts'),
    import('./render-plan.ts'),
    import('./wire.ts'),
  ]);
  const inputs = { digest: plan.digest, inventory, playbooks, ...(limit === undefined ? {} : { limit }) };
  await writePrivately(path, writePlanFile(inputs, JSON.parse(await renderPlan(plan, 'json'))));
}
