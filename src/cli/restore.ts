import type { ServiceComment } from '../artifacts/service-comment.ts';
import { type ExitCode, ReconcileError } from '../model/errors.ts';
import type { Consent } from '../model/plan.ts';
import { allowOption, carriedOutStatuses, forksOption, limitOption, sshConfigOption } from './options.ts';
import type { Sight } from './planning.ts';
import type { DefineVerb } from './verb.ts';

interface Options {
  readonly inventory: string;
  readonly limit?: string;
  readonly last: boolean;
  readonly yes: boolean;
  readonly allow: readonly Consent[];
  readonly forks: number;
  readonly sshConfig?: string;
}

const BACKUP = /(?:^|\/)(server\.toml\.\d{8}_\d{6})$/;
const SECONDS = 60;

/** `reconcile restore`: services that were removed come back, with new tokens. */
export const restore: DefineVerb = (program, end) => {
  program
    .command('restore')
    .description(
      'Bring back services that a backup of server.toml has and that were removed since: with new numbers and new tokens, never the old ones.',
    )
    .argument(
      '<file...>',
      'the backup on the hosts (server.toml.YYYYMMDD_HHMMSS) unless --last is given, and the playbooks that belong together',
    )
    .requiredOption('-i, --inventory <path>', 'inventory file or folder')
    .addOption(limitOption())
    .option('--last', 'the newest backup of each host', false)
    .option('-y, --yes', 'ask nothing', false)
    .addOption(allowOption())
    .addOption(forksOption())
    .addOption(sshConfigOption())
    .addHelpText('after', carriedOutStatuses())
    .action((files: string[], options: Options) => end(run(files, options)));
};

async function run(files: readonly string[], options: Options): Promise<ExitCode> {
  const [{ withSight }, { planRestore }, { carryOut }] = await Promise.all([
    import('./planning.ts'),
    import('../planner/rotation/restore.ts'),
    import('./carry-out.ts'),
  ]);
  const { backup, playbooks } = divided(files, options.last);
  return withSight({ ...options, playbooks }, async (sight) => {
    const plan = planRestore(sight.desired, sight.observed, await readBackups(sight, backup));
    return carryOut({ ...sight, plan }, { ...options, wait: false, unasked: 'give --yes' });
  });
}

/** The backup's name and the playbooks, of which the command line is one list. */
function divided(files: readonly string[], last: boolean) {
  const backups = files.flatMap((file) => BACKUP.exec(file)?.[1] ?? []);
  const playbooks = files.filter((file) => !BACKUP.test(file));
  if (backups.length + (last ? 1 : 0) === 1 && playbooks.length > 0) return { backup: backups[0], playbooks };
  throw new ReconcileError(
    'invalid',
    'one backup and the playbooks are needed',
    'name it as the hosts do (server.toml.YYYYMMDD_HHMMSS), or give --last for the newest',
  );
}

/** What each host's backup says of its services: comments alone leave the host, no token does. */
async function readBackups(
  { observed, connect }: Sight,
  name: string | undefined,
): Promise<ReadonlyMap<string, readonly ServiceComment[]>> {
  const [{ backupOn }, { BACKUPS }, { readComment }] = await Promise.all([
    import('../planner/rotation/restore.ts'),
    import('../artifacts/paths.ts'),
    import('../artifacts/service-comment.ts'),
  ]);
  const read = async ({ host, facts }: Sight['observed'][number]) => {
    const backup = backupOn(facts, name);
    if (backup === undefined) return [];
    const script = `sed -n '/^# reconcile: /p' -- ${BACKUPS}/${backup}\n`;
    const { code, stdout, stderr } = await (await connect(host)).exec('sh', script, {
      timeoutSeconds: SECONDS,
    });
    if (code !== 0) throw unreadable(host, backup, stderr);
    return [[host, stdout.split('\n').flatMap((line) => readComment(line) ?? [])] as const];
  };
  return new Map((await Promise.all(observed.map(read))).flat());
}

const unreadable = (host: string, backup: string, said: string) =>
  new ReconcileError(
    'failed',
    `${host}: the backup ${backup} cannot be read: ${said.trim().slice(0, 500)}`,
    'see what is wrong with it on the host, or name another one',
  );
