import { Operator } from '../e2e/tunnel.ts';
import { Lab } from '../lab/lab.ts';
import { ansibleConfig, ansiblePlaybook } from './ansible.ts';
import { type Cost, measure } from './measure.ts';

const NAMES = Array.from({ length: 10 }, (_, index) => `edge${index}`);
const FIRST = 'edge0';
const SERVICES = { ssh: { client: 'desktop', local: '127.0.0.1:22', bind: '0.0.0.0:2222' } };

/**
 * `npm run bench`: reconcile beside plain ssh and Ansible, on the same hosts in one run. Needs root and Debian's
 * ansible-core.
 */
async function main(): Promise<void> {
  await using lab = await Lab.boot({ vps: NAMES, bare: ['bare0', 'bare1'] });
  using many = await Operator.start(lab, NAMES);
  using one = await Operator.start(lab, [FIRST]);
  using fresh = await Operator.start(lab, ['bare0']);
  for (const operator of [many, one, fresh]) operator.playbook({ services: SERVICES });
  for (const [operator, hosts] of [
    [many, NAMES],
    [one, [FIRST]],
    [fresh, ['bare1']],
  ] as const) {
    operator.write('ansible.cfg', ansibleConfig(lab));
    operator.write('hosts.ini', `${hosts.join('\n')}\n`);
    operator.write('site.yml', ansiblePlaybook());
  }
  const cost = (operator: Operator, argv: readonly string[], times = 5) =>
    measure(lab.control, operator.folder, argv, times);
  const ansible = ['ansible-playbook', 'site.yml'];
  const ssh = (hosts: readonly string[]) => [
    'sh',
    '-c',
    `for host in "$@"; do ssh -F ${lab.sshConfig} $host true & done; wait`,
    'sh',
    ...hosts,
  ];

  const node = await cost(one, [process.execPath, '-e', '0']);
  const version = await cost(one, [process.execPath, one.argv('plan')[1] ?? '', '--version']);
  table('start-up', [
    ['node -e 0', node],
    ['reconcile --version', version],
  ]);
  // Ansible trusts package lists by their age: on a fresh image's empty ones it would not find nginx.
  await lab.host('bare1').must('touch -d yesterday /var/lib/apt/lists');
  table('first apply, 1 bare host', [
    ['reconcile apply', await cost(fresh, fresh.argv('apply', '--yes'), 1)],
    ['ansible-playbook', await cost(fresh, ansible, 1)],
  ]);
  await many.apply();
  for (const [title, operator, hosts] of [
    ['1 host', one, [FIRST]],
    ['10 hosts', many, NAMES],
  ] as const) {
    await cost(operator, ansible, 1);
    table(`nothing to do, ${title}`, [
      ['ssh HOST true', await cost(operator, ssh(hosts))],
      ['reconcile plan', await cost(operator, operator.argv('plan'))],
      ['reconcile apply', await cost(operator, operator.argv('apply', '--yes'))],
      ['ansible-playbook', await cost(operator, ansible, 3)],
    ]);
  }
}

/** Ratios are to the first row. */
function table(title: string, rows: readonly (readonly [string, Cost])[]): void {
  const base = rows[0]?.[1].wall ?? 1;
  process.stdout.write(`\n${title.padEnd(28)}  wall s   cpu s     MB   ratio\n`);
  for (const [name, { wall, cpu, memory }] of rows) {
    const figures = [wall.toFixed(2).padStart(8), cpu.toFixed(2).padStart(7), memory.toFixed(0).padStart(6)];
    process.stdout.write(`${name.padEnd(28)}${figures.join(' ')} ${(wall / base).toFixed(2).padStart(7)}\n`);
  }
}

await main();
