import type { HostPlan } from '../../src/model/plan.ts';
import { Operator } from '../e2e/tunnel.ts';
import { Lab } from '../lab/lab.ts';
import { ansibleConfig, ansibleSmall, ansibleWhole } from './ansible.ts';
import { type Contender, type Costs, compare } from './measure.ts';

const ROUNDS = 11;
/** Each round of first applies takes three hosts of its own. */
const FIRSTS = 3;
const ANSIBLE_ROUNDS = 3;

const names = (prefix: string, count: number) => Array.from({ length: count }, (_, at) => `${prefix}${at}`);
/** Who sets them up: reconcile, Ansible, and Ansible with half of the work. */
const OURS = names('ours', FIRSTS);
const WHOLE = names('whole', FIRSTS);
const SMALL = names('small', FIRSTS);
const SERVICES = { ssh: { client: 'desktop', local: '127.0.0.1:22', bind: '0.0.0.0:2222' } };
const SITE = ['ansible-playbook', 'site.yml'];
const NODE = [process.execPath, '-e', '0'];

/**
 * `npm run bench [-- first one many]`: reconcile beside plain ssh and Ansible, in turns. Needs root and Debian's
 * ansible-core. Whether an aim is met is said, and no failure: other work on the machine would decide it.
 */
async function main(): Promise<void> {
  const parts = { first: firstApply, one: () => nothingToDo(1), many: () => nothingToDo(10) };
  const wanted = process.argv.slice(2);
  const unknown = wanted.find((part) => !(part in parts));
  if (unknown !== undefined) throw new Error(`no part ${unknown}: name ${Object.keys(parts).join(', ')}`);
  for (const [part, measure] of Object.entries(parts))
    if (wanted.length === 0 || wanted.includes(part)) await measure();
}

async function firstApply(): Promise<void> {
  await using lab = await Lab.boot({ bare: [...OURS, ...WHOLE, ...SMALL] });
  const each = (hosts: readonly string[]) => Promise.all(hosts.map((host) => operatorOf(lab, [host])));
  const [ours, whole, small] = [await each(OURS), await each(WHOLE), await each(SMALL)];
  try {
    for (const operator of whole) operator.write('site.yml', ansibleWhole(await planOf(operator)));
    // Ansible trusts package lists by their age: on a fresh image's empty ones it would not find nginx.
    for (const host of [...WHOLE, ...SMALL])
      await lab.host(host).must('touch -d yesterday /var/lib/apt/lists');
    const [apply, ansible] = await table(lab, `first apply, 1 bare host, ${FIRSTS} rounds`, FIRSTS, [
      { name: 'reconcile apply', run: (round) => command(ours[round], (it) => it.argv('apply', '--yes')) },
      { name: 'ansible-playbook', run: (round) => command(whole[round], () => SITE) },
      { name: 'ansible-playbook, half of it', run: (round) => command(small[round], () => SITE) },
    ]);
    aim('a first apply is at least 8 times as fast as Ansible', quotient([ansible], [apply]), atLeast(8));
  } finally {
    for (const operator of [...ours, ...whole, ...small]) operator[Symbol.dispose]();
  }
}

async function planOf(operator: Operator): Promise<HostPlan> {
  const { stdout } = await operator.plan('--format', 'json');
  return JSON.parse(stdout).hosts[0];
}

async function nothingToDo(count: number): Promise<void> {
  const title = `nothing to do, ${count} host${count === 1 ? '' : 's'}`;
  const hosts = names('edge', count);
  await using lab = await Lab.boot({ vps: hosts });
  using operator = await operatorOf(lab, hosts);
  const { code, stderr } = await operator.apply();
  if (code !== 0) throw new Error(`no first apply of ${title}: ${stderr}`);
  const always = (name: string, argv: readonly string[]): Contender => ({
    name,
    run: () => command(operator, () => argv),
  });
  const [ssh, node, plan] = await table(lab, `${title}, ${ROUNDS} rounds`, ROUNDS, [
    always('ssh HOST true', sshTo(lab, hosts)),
    always('node -e 0', NODE),
    always('reconcile plan', operator.argv('plan')),
    always('reconcile apply', operator.argv('apply', '--yes')),
    always('reconcile --version', [...operator.argv('plan').slice(0, 2), '--version']),
  ]);
  // The first run is Ansible's own first apply, and opens its connections.
  await compare(lab, [always('ansible-playbook', SITE)], 1);
  const [beside, ansible] = await table(lab, `${title}, ${ANSIBLE_ROUNDS} rounds`, ANSIBLE_ROUNDS, [
    always('reconcile plan', operator.argv('plan')),
    always('ansible-playbook', SITE),
  ]);
  if (count === 1)
    aim(
      'a plan of 1 host takes at most 1.5 times plain ssh and Node',
      quotient([plan], [ssh, node]),
      atMost(1.5),
    );
  else
    aim(
      'a plan of 10 hosts is at least 20 times as fast as Ansible',
      quotient([ansible], [beside]),
      atLeast(20),
    );
}

/** An operator with the same tunnel in both languages. */
async function operatorOf(lab: Lab, hosts: readonly string[]): Promise<Operator> {
  const operator = await Operator.start(lab, hosts);
  operator.playbook({ services: SERVICES });
  operator.write('ansible.cfg', ansibleConfig(lab));
  operator.write('hosts.ini', `${hosts.join('\n')}\n`);
  operator.write('site.yml', ansibleSmall());
  return operator;
}

function command(operator: Operator | undefined, argv: (operator: Operator) => readonly string[]) {
  if (operator === undefined) throw new Error('there are fewer operators than rounds');
  return { folder: operator.folder, argv: argv(operator) };
}

function sshTo(lab: Lab, hosts: readonly string[]): readonly string[] {
  const [only] = hosts;
  if (only !== undefined && hosts.length === 1) return ['ssh', '-F', lab.sshConfig, only, 'true'];
  const loop = `for host in "$@"; do ssh -F ${lab.sshConfig} $host true & done; wait`;
  return ['sh', '-c', loop, 'sh', ...hosts];
}

/** Compares, and prints what it cost; ratios are of the median wall times, to the first row. */
async function table(
  lab: Lab,
  title: string,
  rounds: number,
  contenders: readonly Contender[],
): Promise<readonly Costs[]> {
  const costs = await compare(lab, contenders, rounds);
  const heading = ['best s', 'median s', 'cpu s', 'hosts s', 'MB', 'ratio'];
  process.stdout.write(`\n${line(title, heading)}`);
  for (const [index, each] of costs.entries()) {
    const { best, median } = each;
    const seconds = [best.wall, median.wall, median.cpu, median.hosts].map((value) => value.toFixed(2));
    const figures = [...seconds, median.memory.toFixed(0), quotient([each], [costs[0]]).median.toFixed(2)];
    process.stdout.write(line(contenders[index]?.name ?? '', figures));
  }
  return costs;
}

const line = (name: string, figures: readonly string[]) =>
  `${name.padEnd(38)}${figures.map((text) => text.padStart(9)).join('')}\n`;

interface Quotient {
  readonly median: number;
  readonly best: number;
  readonly cpu: number;
}

/**
 * Medians meet what else the machine does alike, and decide; a short run finds a quiet moment sooner than a long one.
 * Processor time, on the controller and the hosts, depends on other work the least.
 */
function quotient(over: readonly (Costs | undefined)[], under: readonly (Costs | undefined)[]): Quotient {
  const sum = (all: readonly (Costs | undefined)[], figure: (costs: Costs) => number) =>
    all.reduce((total, costs) => total + (costs === undefined ? Number.NaN : figure(costs)), 0);
  const of = (figure: (costs: Costs) => number) => sum(over, figure) / sum(under, figure);
  return {
    median: of(({ median }) => median.wall),
    best: of(({ best }) => best.wall),
    cpu: of(({ median }) => median.cpu + median.hosts),
  };
}

const atLeast = (limit: number) => (value: number) => value >= limit;
const atMost = (limit: number) => (value: number) => value <= limit;

function aim(what: string, { median, best, cpu }: Quotient, isMet: (value: number) => boolean): void {
  const figures = `median ${median.toFixed(2)}, best ${best.toFixed(2)}, processor time ${cpu.toFixed(2)}`;
  process.stdout.write(`${isMet(median) ? 'met' : 'missed'}: ${what} (${figures})\n`);
}

await main();
