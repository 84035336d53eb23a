import { Option } from 'commander';
import type { AuditEntry } from '../codec/audit.ts';
import type { ExitCode } from '../model/errors.ts';
import type { History } from '../render/history.ts';
import { exitStatuses, forksOption, limitOption, serviceOption, sshConfigOption } from './options.ts';
import type { DefineVerb } from './verb.ts';

interface Options {
  readonly inventory: string;
  readonly limit?: string;
  readonly service?: readonly string[];
  readonly format: 'text' | 'json';
  readonly forks: number;
  readonly sshConfig?: string;
}

/** `reconcile history`: what the hosts' audit logs say. Changes nothing. */
export const history: DefineVerb = (program, end) => {
  program
    .command('history')
    .description(
      "Print the hosts' audit logs: every token and API key that came, rotated or ended, with the time, the actor and the reason.",
    )
    .argument('<playbook...>', 'the playbooks that belong together')
    .requiredOption('-i, --inventory <path>', 'inventory file or folder')
    .addOption(limitOption())
    .addOption(serviceOption('show'))
    .addOption(new Option('--format <format>', 'how it is written').choices(['text', 'json']).default('text'))
    .addOption(forksOption())
    .addOption(sshConfigOption())
    .addHelpText('after', exitStatuses('ok', 'invalid', 'failed', 'unreachable', 'internal'))
    .action((playbooks: string[], options: Options) => end(run(playbooks, options)));
};

async function run(playbooks: readonly string[], options: Options): Promise<ExitCode> {
  const [{ askHosts }, { AUDIT }, { parseAuditEntry }, { missingText, historyJson, historyText }] =
    await Promise.all([
      import('./ask-hosts.ts'),
      import('../artifacts/paths.ts'),
      import('../codec/audit.ts'),
      import('../render/history.ts'),
    ]);
  // A service that is gone has its history too, so any name may be asked for.
  const wanted = ({ target }: AuditEntry) => options.service?.includes(target) ?? true;
  const hosts: History[] = [];
  const code = await askHosts({ ...options, playbooks }, ({ host }) => ({
    script: `[ ! -e ${AUDIT} ] || cat ${AUDIT}`,
    good: [0],
    answer: (stdout) => {
      const lines = stdout.split('\n').filter((line) => line !== '');
      const entries = lines.flatMap((line) => parseAuditEntry(line) ?? []);
      hosts.push({ host: host.name, entries: entries.filter(wanted), odd: lines.length - entries.length });
      return '';
    },
  }));
  hosts.sort((a, b) => (a.host < b.host ? -1 : 1));
  process.stderr.write(missingText(hosts, options.service));
  process.stdout.write(options.format === 'json' ? historyJson(hosts) : historyText(hosts));
  return code;
}
