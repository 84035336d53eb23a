import type { Lab } from '../lab/lab.ts';
import { waitFor } from '../lab/wait.ts';
import { Probing, serveTargets } from '../prober/lab.ts';
import type { ConnectReport, HoldReport } from '../prober/report.ts';
import { GRACE, joinByBundle, POLL } from './joined.ts';
import { giveNginx } from './nginx-room.ts';
import type { Operator } from './tunnel.ts';

const FIRST_PORT = 10_000;
/** Milliseconds between two visitors. */
const EVERY = 50;
/** Milliseconds within which a visitor of a tunnel at rest is answered. */
const AT_ONCE = 500;

export interface Crowded {
  /** How many services each apply has rotated. */
  readonly batches: readonly number[];
  /** What visitors of the first and the last service noticed meanwhile. */
  readonly connects: Readonly<Record<string, ConnectReport>>;
  readonly holds: Readonly<Record<string, HoldReport>>;
}

/** Brings up `count` services of the desktop's that all lead to one target, and writes into nginx.conf what the plan asks for. */
export async function serveMany(lab: Lab, operator: Operator, count: number, atMost: number): Promise<void> {
  const services = Array.from({ length: count }, (_, n) => {
    const bind = `0.0.0.0:${FIRST_PORT + n}`;
    return [`s${n}`, { client: 'desktop', local: '127.0.0.1:7000', bind }] as const;
  });
  operator.playbook({
    services: Object.fromEntries(services),
    poll: `${POLL}s`,
    more: [`rotation: { grace: ${GRACE}s, max_age: 1d, at_most: ${atMost} }`],
  });
  await raiseLimits(lab, operator);
  const { code, stdout, stderr } = await operator.apply();
  if (code !== 0) throw new Error(`apply: exit status ${code}\n${stdout.slice(-3000)}\n${stderr}`);
  await serveTargets(lab.host('desktop'), { id: 'desktop', tcp: 7000 });
  await joinByBundle(operator, lab.host('desktop'));
  const listening = async () =>
    Number(await lab.host('edge').must("ss -Htln 'sport = :1019' | wc -l")) === count;
  await waitFor(listening, { what: `${count} services`, timeout: 60_000, every: 250 });
  await waitFor(() => areServedAtOnce(lab, count), { what: `${count} services at rest`, timeout: 60_000 });
}

/** A client opens eight data channels more for each service once it listens: visitors wait until it has done so. */
async function areServedAtOnce(lab: Lab, count: number): Promise<boolean> {
  const probing = await Probing.start(lab.control, { seconds: 1, connects: visitors(count) });
  const { connects } = await probing.report();
  return Object.values(connects).every(({ failed, p99Ms }) => failed === 0 && (p99Ms ?? AT_ONCE) < AT_ONCE);
}

/** Of the first service and the last one. */
const visitors = (count: number) =>
  [FIRST_PORT, FIRST_PORT + count - 1].map(
    (port) => ({ name: `${port}`, host: 'edge.test', port, kind: 'echo', every: EVERY }) as const,
  );

/** Does what the plan's refusal says. */
async function raiseLimits(lab: Lab, operator: Operator): Promise<void> {
  const { code, stdout } = await operator.apply();
  const connections = /`worker_connections (\d+);`/.exec(stdout)?.[1];
  const descriptors = /`worker_rlimit_nofile (\d+);`/.exec(stdout)?.[1];
  if (code !== 5 || !connections || !descriptors) throw new Error(`not refused, but ${code}: ${stdout}`);
  await giveNginx(lab.host('edge'), { connections: Number(connections), descriptors: Number(descriptors) });
}

/** All tokens have become too old: applies until nothing is due any more, with visitors all the time. */
export async function rotateMany(lab: Lab, operator: Operator, count: number): Promise<Crowded> {
  const edge = lab.host('edge');
  await edge.must("sed -i 's/ [0-9]*$/ 1000000000/' /var/lib/reconcile/rotation/*/record");
  const connects = visitors(count);
  const probing = await Probing.start(lab.control, {
    seconds: 3600,
    connects,
    holds: connects.map(({ name, host, port, every }) => ({ name, host, port, every, connections: 3 })),
  });
  const rotated = async () =>
    Number(await edge.must(`grep -l '^steady 2 ' /var/lib/reconcile/rotation/*/record | wc -l`));
  const batches: number[] = [];
  for (let done = 0; done < count; ) {
    const { code, stdout, stderr } = await operator.apply('--wait');
    const now = await rotated();
    if (code !== 0 || now === done)
      throw new Error(`apply: exit status ${code}\n${stdout.slice(-3000)}\n${stderr}`);
    batches.push(now - done);
    done = now;
  }
  return { batches, ...(await probing.stop()) };
}
