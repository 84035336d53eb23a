import { InvalidArgumentError, Option } from 'commander';
import type { ExitCode } from '../model/errors.ts';
import type { Consent, Digest } from '../model/plan.ts';
import { isDigest } from './digest.ts';
import {
  addWaitOptions,
  allowOption,
  carriedOutStatuses,
  forksOption,
  limitOption,
  sshConfigOption,
} from './options.ts';
import type { DefineVerb } from './verb.ts';

interface Options {
  readonly inventory?: string;
  readonly limit?: string;
  readonly expect?: Digest;
  readonly yes: boolean;
  readonly allow: readonly Consent[];
  readonly forks: number;
  readonly sshConfig?: string;
  readonly wait?: boolean;
}

/** `reconcile apply`: makes it so. */
export const apply: DefineVerb = (program, end) => {
  const command = program
    .command('apply')
    .description(
      'Change servers, and the clients that are in the inventory, to what the playbooks say, and look again whether they are.',
    )
    .argument(
      '<file...>',
      'the playbooks that belong together, or one plan file, which is applied as it is or not at all: nothing is asked',
    )
    .option('-i, --inventory <path>', 'inventory file or folder; a plan file has its own')
    .addOption(limitOption())
    .addOption(expectOption())
    .option('-y, --yes', 'ask nothing', false)
    .addOption(allowOption())
    .addOption(forksOption())
    .addOption(sshConfigOption());
  addWaitOptions(command)
    .addHelpText('after', carriedOutStatuses())
    .action((files: string[], options: Options) => end(run(files, options)));
};

const expectOption = () =>
  new Option('--expect <digest>', 'apply only the plan with this digest; asks nothing').argParser(digest);

function digest(text: string): Digest {
  if (isDigest(text)) return text;
  throw new InvalidArgumentError('a digest is 64 lower-case hex digits; `reconcile plan` prints it.');
}

async function run(files: readonly string[], options: Options): Promise<ExitCode> {
  const [{ applied }, { withPlan }] = await Promise.all([
    import('./apply-subject.ts'),
    import('./planning.ts'),
  ]);
  const { subject, expected } = await applied(files, options);
  return withPlan(subject, async (planning) => {
    const { carryOut } = await import('./carry-out.ts');
    const { digest } = planning.plan;
    return carryOut(planning, { ...options, expected, unasked: unasked(digest) });
  });
}

const unasked = (digest: Digest) =>
  `give --expect ${digest} for exactly this plan, or --yes for whatever it is by then`;
