import type { ExitCode } from '../model/errors.ts';
import { exitStatuses, forksOption, limitOption, serviceOption, sshConfigOption } from './options.ts';
import type { DefineVerb } from './verb.ts';

interface Options {
  readonly inventory: string;
  readonly limit?: string;
  readonly service?: readonly string[];
  readonly forks: number;
  readonly sshConfig?: string;
}

/** `reconcile verify`: how each rotation stands, with the proof that the host has. Changes nothing. */
export const verify: DefineVerb = (program, end) => {
  program
    .command('verify')
    .description(
      'Let the hosts say how each rotation stands, from what listens and answers there; changes nothing.',
    )
    .argument('<playbook...>', 'the playbooks that belong together')
    .requiredOption('-i, --inventory <path>', 'inventory file or folder')
    .addOption(limitOption())
    .addOption(serviceOption('look at'))
    .addOption(forksOption())
    .addOption(sshConfigOption())
    .addHelpText('after', exitStatuses('ok', 'invalid', 'failed', 'unreachable', 'attention', 'internal'))
    .action((playbooks: string[], options: Options) => end(run(playbooks, options)));
};

async function run(playbooks: readonly string[], options: Options): Promise<ExitCode> {
  const [{ askHosts }, { ROTATE }, { quote }, { parseRotationReport }, { verifyText }, { knownServices }] =
    await Promise.all([
      import('./ask-hosts.ts'),
      import('../artifacts/paths.ts'),
      import('../codec/shell.ts'),
      import('../codec/rotation-report.ts'),
      import('../render/verify.ts'),
      import('./order.ts'),
    ]);
  let held = false;
  const code = await askHosts({ ...options, playbooks }, (server, desired) => {
    const asked = knownServices(desired, options.service);
    const names = server.services.map(({ name }) => name).filter((name) => asked?.includes(name) ?? true);
    // A host that was never applied to has nothing to verify.
    const command = `if [ -x ${ROTATE} ]; then ${[ROTATE, 'verify', ...names].map(quote).join(' ')}; fi`;
    return {
      script: names.length === 0 ? ':' : command,
      // 3: it refuses something, and says so in its line.
      good: [0, 3],
      answer: (stdout) => {
        const reports = stdout.split('\n').flatMap((line) => parseRotationReport(line) ?? []);
        held ||= reports.some(({ verdict }) => verdict === 'hold' || verdict === 'refuse');
        return verifyText(server.host.name, reports);
      },
    };
  });
  return code === 'ok' && held ? 'attention' : code;
}
