import { Option } from 'commander';
import type { ExitCode } from '../model/errors.ts';
import type { Status } from '../model/status.ts';
import { exitStatuses, forksOption, limitOption, sshConfigOption } from './options.ts';
import type { DefineVerb } from './verb.ts';

interface Options {
  readonly inventory: string;
  readonly limit?: string;
  readonly forks: number;
  readonly sshConfig?: string;
  readonly format: 'text' | 'json';
}

/** `reconcile status`: how clients, tokens and rotations stand on the servers. Changes nothing. */
export const status: DefineVerb = (program, end) => {
  program
    .command('status')
    .description('Show how clients, tokens and rotations stand on the servers; changes nothing.')
    .argument('<playbook...>', 'the playbooks that belong together')
    .requiredOption('-i, --inventory <path>', 'inventory file or folder')
    .addOption(limitOption())
    .addOption(
      new Option('--format <format>', 'how the status is written').choices(['text', 'json']).default('text'),
    )
    .addOption(forksOption())
    .addOption(sshConfigOption())
    .addHelpText(
      'after',
      exitStatuses('ok', 'invalid', 'failed', 'unreachable', 'refused', 'attention', 'internal'),
    )
    .action((playbooks: string[], options: Options) => end(run(playbooks, options)));
};

async function run(playbooks: readonly string[], options: Options): Promise<ExitCode> {
  const [{ withSight, unseenText, unseenCode }, { status }] = await Promise.all([
    import('./planning.ts'),
    import('../planner/status/index.ts'),
  ]);
  return withSight({ ...options, playbooks }, async ({ desired, observed, unseen }) => {
    const found = status(desired, observed);
    const hidden = unseen.map(({ host, error: { message, remedy } }) => ({ host, message, remedy }));
    const text =
      options.format === 'json'
        ? (await import('../render/status-json.ts')).statusJson(found, hidden)
        : (await import('../render/status-text.ts')).statusText(found, hidden.length);
    process.stdout.write(text);
    process.stderr.write(unseenText(unseen));
    return unseenCode(unseen) ?? codeOf(found);
  });
}

function codeOf({ hosts, refused }: Status): ExitCode {
  if (refused.length > 0) return 'refused';
  return hosts.some(({ attention }) => attention.length > 0) ? 'attention' : 'ok';
}
