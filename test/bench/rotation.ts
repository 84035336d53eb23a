import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { GRACE, joinDesktopOfMany, POLL, polls, WITH_CHAT } from '../e2e/joined.ts';
import { type Noticed, summary, underLoad } from '../e2e/load.ts';
import { rotateMany, serveMany } from '../e2e/many.ts';
import { Operator } from '../e2e/tunnel.ts';
import { Lab } from '../lab/lab.ts';

const ROTATIONS = Number(process.argv[2] ?? 50);
const SERVICES = Number(process.argv[3] ?? 500);
const AT_MOST = 50;
/** Milliseconds for the first apply of them, and for each batch. */
const PATIENCE = 600_000;
/** The same targets behind services whose tokens change in place. */
const IN_PLACE = {
  'web-in-place': { ...at(8000, 8081), cutover: 'in-place' },
  'chat-in-place': { ...at(7000, 7008), cutover: 'in-place' },
  'dns-in-place': { ...at(5300, 5354), type: 'udp', cutover: 'in-place' },
} as const;
/** New connections fail for a second or two there: some 20 a second tell how long. */
const IN_PLACE_VISITS = { web: 8081, chat: 7008, dns: 5354, every: 50 };
/** Milliseconds after a restart: the rest of what it takes until all are served again. */
const RECOVERY = 3000;

function at(target: number, port: number) {
  return { client: 'desktop', local: `127.0.0.1:${target}`, bind: `0.0.0.0:${port}` };
}

/**
 * `npm run bench:rotation [ROTATIONS [SERVICES]]`: what visitors notice of rotations, by both cutovers and of what
 * scripts do; and of many services whose tokens are due at once. Needs root.
 */
async function main(): Promise<void> {
  await manyServices();
  process.stdout.write(`\n${line(`${ROTATIONS} rotations`, HEADINGS)}`);
  const blueGreen = await cutovers();
  process.stdout.write(`${summary(blueGreen)}\n`);
}

async function manyServices(): Promise<void> {
  await using lab = await Lab.boot({ vps: ['edge'], clients: ['desktop'] });
  using operator = await Operator.start(lab, ['edge']);
  operator.patience = PATIENCE;
  await serveMany(lab, operator, SERVICES, AT_MOST);
  const { batches, connects } = await rotateMany(lab, operator, SERVICES);
  process.stdout.write(`\n${SERVICES} services that are due at once, in batches of ${batches.join(', ')}\n`);
  for (const { total, failed, longestGapMs, p99Ms } of Object.values(connects))
    process.stdout.write(
      `  ${total} connections, ${failed} failed, longest gap ${longestGapMs} ms, p99 ${p99Ms} ms\n`,
    );
}

/** @returns what visitors noticed of blue-green rotations */
async function cutovers(): Promise<Noticed> {
  await using lab = await Lab.boot({ bare: ['edge'], clients: ['desktop'] });
  using operator = await Operator.start(lab, ['edge']);
  operator.playbook({
    services: { ...WITH_CHAT, ...IN_PLACE },
    poll: `${POLL}s`,
    more: [`rotation: { grace: ${GRACE}s }`],
  });
  await joinDesktopOfMany(lab, operator);
  const rotate = async () => {
    for (let rotation = 0; rotation < ROTATIONS; rotation += 1) {
      const { code, stdout, stderr } = await operator.rotate();
      if (code !== 0) throw new Error(`rotate: exit status ${code}\n${stdout}\n${stderr}`);
    }
  };
  const rotateInPlaceToo = async () => print('in place', await underLoad(lab, rotate, IN_PLACE_VISITS));
  const blueGreen = await underLoad(lab, rotateInPlaceToo);
  print('blue-green', blueGreen);
  print('replace the token, restart the server', await underLoad(lab, () => replaceAndRestart(lab)));
  return blueGreen;
}

/** As scripts do it, at their best: the client has its new tokens at the moment that the server has them. */
async function replaceAndRestart(lab: Lab): Promise<void> {
  await polls(lab, 'stop');
  for (let rotation = 0; rotation < ROTATIONS; rotation += 1) {
    const replace = (file: string) =>
      `sed 's/^token = .*/token = "${token}"/' ${file} >${file}.new && chmod --reference=${file} ${file}.new && chown --reference=${file} ${file}.new && mv ${file}.new ${file}`;
    const token = randomBytes(32).toString('hex');
    await Promise.all([
      lab.host('edge').must(`${replace('/etc/rathole/server.toml')} && systemctl restart rathole-server`),
      lab.host('desktop').must(replace('/etc/rathole/home-edge/client.toml')),
    ]);
    await sleep(RECOVERY);
  }
}

const HEADINGS = [
  'connections',
  'failed',
  'gap ms',
  'p50 ms',
  'p99 ms',
  'long-lived',
  'dropped',
  'datagrams',
  'lost',
];

function print(name: string, noticed: Noticed): void {
  const { connections, failed, longestGap, p50, p99, held, dropped, datagrams, lost } = noticed;
  const figures = [connections, failed, longestGap, p50, p99, held, dropped, datagrams, lost];
  process.stdout.write(line(name, figures.map(String)));
}

const line = (name: string, cells: readonly string[]) =>
  `${[name.padEnd(38), ...cells.map((cell) => cell.padStart(11))].join(' ')}\n`;

await main();
