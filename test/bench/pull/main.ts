import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { FOLD, PULL_LOG, SEEN } from '../../../src/artifacts/paths.ts';
import { Operator } from '../../e2e/tunnel.ts';
import type { Host } from '../../lab/host.ts';
import { Lab } from '../../lab/lab.ts';
import { PROJECT } from '../../lab/project.ts';
import { type Cost, costOf } from './cost.ts';
import type { Load, Loaded } from './load.ts';
import { quietPoll } from './quiet.ts';

const FEW = 100;
const MANY = 10_000;
/** Polls per second of ten thousand clients that poll every 5 minutes. */
const RATE = MANY / 300;
const PACED = 1000;
/** 100 clients may ask about so often at once before nginx slows them down. */
const UNPACED = 5000;

type Row = Cost<Loaded> & { readonly name: string; readonly polls: number };

/** `npm run bench:pull`: what polls cost a server with a hundred clients and with ten thousand. Needs root. */
async function main(): Promise<void> {
  await using lab = await Lab.boot({ vps: ['edge'], clients: ['desktop'] });
  using operator = await Operator.start(lab, ['edge']);
  const [edge, desktop] = [lab.host('edge'), lab.host('desktop')];
  await joinDesktop(operator, desktop);
  say(`a poll with nothing new: ${await quietPoll(desktop, edge)}\n`);
  operator.write('ca.pem', await edge.read('/var/lib/reconcile/tls/ca.pem'));
  await edge.write('/root/populate.mjs', readFileSync(join(PROJECT, 'dist/test/pull/populate.mjs')));

  const rows: Row[] = [];
  for (const clients of [FEW, MANY]) {
    operator.write('keys', await populate(edge, clients));
    rows.push(
      await load(lab, operator, `${clients} clients, paced`, { polls: PACED, rate: RATE, abreast: 50 }),
    );
    rows.push(await load(lab, operator, `${clients} clients, unpaced`, { polls: UNPACED, abreast: 8 }));
  }
  table(rows);
  flatness(rows);
  await folding(edge);
}

/** One service, and a client that joins by its bundle and then polls no more. */
async function joinDesktop(operator: Operator, desktop: Host): Promise<void> {
  operator.playbook({
    services: { ssh: { client: 'desktop', local: '127.0.0.1:22', bind: '0.0.0.0:2222' } },
  });
  for (const ran of [await operator.apply(), await operator.bundle('desktop', 'desktop.sh')]) {
    if (ran.code !== 0) throw new Error(ran.stderr);
  }
  await desktop.write('/root/desktop.sh', readFileSync(operator.at('desktop.sh')), { mode: '0600' });
  await desktop.must('sh /root/desktop.sh && systemctl stop reconcile-sync@home-edge.timer');
  await desktop.must('/usr/local/lib/reconcile/sync home-edge');
}

/** Gives the server so many clients, and nginx their keys; gives the keys. */
async function populate(edge: Host, clients: number): Promise<string> {
  await edge.must(['node', '/root/populate.mjs', String(clients), '/root/keys'], { timeout: 120_000 });
  const test = await edge.exec('nginx -t 2>&1');
  say(`nginx -t with ${clients} keys:\n${test.stdout.replaceAll(/^/gm, '  ')}`);
  if (test.code !== 0) throw new Error('nginx refuses the keys');
  await edge.must('systemctl reload nginx');
  // The former workers end once their clients are gone; the tunnel's own connections are not measured.
  await sleep(2000);
  return edge.must('cat /root/keys');
}

/** Polls from outside, in the lab's network. @throws when any poll is answered with something else than 304. */
async function load(
  lab: Lab,
  operator: Operator,
  name: string,
  pace: Pick<Load, 'polls' | 'rate' | 'abreast'>,
): Promise<Row> {
  const wanted: Load = { host: 'edge.test', authority: 'ca.pem', keys: 'keys', ...pace };
  const argv = [process.execPath, join(PROJECT, 'dist/test/pull/load.mjs'), JSON.stringify(wanted)];
  const cost = await costOf(lab.host('edge'), async (): Promise<Loaded> => {
    const said = await lab.control.must(argv, { cwd: operator.folder, timeout: 180_000 });
    return JSON.parse(said);
  });
  const { statuses } = cost.of;
  if (statuses['304'] !== pace.polls) throw new Error(`${name}: answered with ${JSON.stringify(statuses)}`);
  return { name, polls: pace.polls, ...cost };
}

function table(rows: readonly Row[]): void {
  say(`${''.padEnd(24)}  polls    304   polls/s  p50 ms  p99 ms  nginx cpu  ms/poll  nginx MB`);
  for (const { name, polls, cpu, memory, of } of rows) {
    const figures = [
      String(polls).padStart(6),
      `${((100 * (of.statuses['304'] ?? 0)) / polls).toFixed(0)} %`.padStart(6),
      (polls / of.seconds).toFixed(1).padStart(9),
      of.p50.toFixed(1).padStart(7),
      of.p99.toFixed(1).padStart(7),
      `${((100 * cpu) / of.seconds).toFixed(1)} %`.padStart(10),
      ((1000 * cpu) / polls).toFixed(2).padStart(8),
      memory.toFixed(1).padStart(9),
    ];
    say(`${name.padEnd(24)} ${figures.join(' ')}`);
  }
}

/** What a poll costs with ten thousand clients, as a multiple of what it costs with a hundred. */
function flatness(rows: readonly Row[]): void {
  const [pacedFew, few, pacedMany, many] = rows;
  if (!pacedFew || !few || !pacedMany || !many) throw new Error('not all was measured');
  const cpu = many.cpu / few.cpu;
  const latency = pacedMany.of.p50 / pacedFew.of.p50;
  say(
    `\nper poll, ${MANY} clients to ${FEW}: cpu ${cpu.toFixed(2)}, p50 at ${RATE.toFixed(1)}/s ${latency.toFixed(2)}`,
  );
}

/** What the timer does every 5 minutes with what the polls have left in the log. */
async function folding(edge: Host): Promise<void> {
  const lines = async (path: string) => Number(await edge.must(`wc -l <${path}`));
  const logged = await lines(PULL_LOG);
  const begun = performance.now();
  await edge.must([FOLD]);
  const seconds = (performance.now() - begun) / 1000;
  say(`folding ${logged} lines of the log into ${await lines(SEEN)} last-seen ones: ${seconds.toFixed(2)} s`);
}

const say = (line: string) => process.stdout.write(`${line}\n`);

await main();
