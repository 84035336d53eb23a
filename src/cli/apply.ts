import { InvalidArgumentError, Option } from 'commander';
import type { Outcome } from '../execute/events.ts';
import type { ExitCode } from '../model/errors.ts';
import { CONSENTS, type Consent, type Digest } from '../model/plan.ts';
import { isDigest } from './digest.ts';
import { exitStatuses, forksOption, limitOption, sshConfigOption } from './options.ts';
import type { Planning, Subject } from './planning.ts';
import type { DefineVerb } from './verb.ts';

interface Options {
  readonly inventory?: string;
  readonly limit?: string;
  readonly expect?: Digest;
  readonly yes: boolean;
  readonly allow: readonly Consent[];
  readonly forks: number;
  readonly sshConfig?: string;
}

/** `reconcile apply`: makes it so. */
export const apply: DefineVerb = (program, end) => {
  program
    .command('apply')
    .description('Change the servers to what the playbooks say, and look again whether they are.')
    .argument('<file...>', 'the playbooks that belong together, or one plan file')
    .option('-i, --inventory <path>', 'inventory file or folder; a plan file has its own')
    .addOption(limitOption())
    .addOption(expectOption())
    .option('-y, --yes', 'ask nothing', false)
    .addOption(allowOption())
    .addOption(forksOption())
    .addOption(sshConfigOption())
    .addHelpText(
      'after',
      exitStatuses('ok', 'invalid', 'failed', 'unreachable', 'refused', 'internal', 'interrupted'),
    )
    .action((files: string[], options: Options) => end(run(files, options)));
};

const expectOption = () =>
  new Option('--expect <digest>', 'apply only the plan with this digest; asks nothing').argParser(digest);

function digest(text: string): Digest {
  if (isDigest(text)) return text;
  throw new InvalidArgumentError('a digest is 64 lower-case hex digits; `reconcile plan` prints it.');
}

/** Given once per consent: a list would swallow the files that follow it. */
const allowOption = () =>
  new Option(
    '--allow <consent>',
    `allow what the plan refuses under this name (repeatable): ${CONSENTS.join(', ')}`,
  )
    .default([], 'none')
    .argParser(addConsent);

function addConsent(word: string, before: readonly Consent[]): readonly Consent[] {
  const consent = CONSENTS.find((known) => known === word);
  if (consent !== undefined) return [...before, consent];
  throw new InvalidArgumentError(`the consents are ${CONSENTS.join(', ')}.`);
}

async function run(files: readonly string[], options: Options): Promise<ExitCode> {
  const [{ applied }, { withPlan }] = await Promise.all([
    import('./apply-subject.ts'),
    import('./planning.ts'),
  ]);
  const { subject, expected } = await applied(files, options);
  return withPlan(subject, (planning) => carryOut(planning, subject, expected, options));
}

async function carryOut(
  planning: Planning,
  subject: Subject,
  expected: Digest | undefined,
  options: Options,
): Promise<ExitCode> {
  const [{ approve }, { renderPlan }, { unseenText, unseenCode }] = await Promise.all([
    import('../execute/approve.ts'),
    import('./render-plan.ts'),
    import('./planning.ts'),
  ]);
  const { plan, unseen } = planning;
  process.stdout.write(await renderPlan(plan, 'text'));
  process.stderr.write(unseenText(unseen));
  const approved = approve(plan, new Set(options.allow), expected);
  const outcome = unseenCode(unseen) ?? 'ok';
  if (plan.hosts.every(({ steps }) => steps.length === 0)) return outcome;
  if (expected === undefined && !options.yes) {
    const { agreed } = await import('./confirm.ts');
    if (!(await agreed(plan))) {
      process.stderr.write('not agreed to: nothing was done\n');
      return 'refused';
    }
  }
  const { execute } = await import('./execute.ts');
  return worst([outcome, ...codesOf(await execute(approved, planning, subject.forks))]);
}

const CODES: Readonly<Record<Outcome['status'], ExitCode>> = {
  unchanged: 'ok',
  changed: 'ok',
  failed: 'failed',
  'not-converged': 'failed',
  unknown: 'failed',
  unreachable: 'unreachable',
  stopped: 'interrupted',
};

const codesOf = (outcomes: readonly Outcome[]) => outcomes.map(({ status }) => CODES[status]);

/** What a run ends with when its hosts ended differently: a failure outweighs a host that was not reached. */
function worst(codes: readonly ExitCode[]): ExitCode {
  const order: readonly ExitCode[] = ['failed', 'invalid', 'unreachable', 'interrupted'];
  return order.find((code) => codes.includes(code)) ?? 'ok';
}
