import { expect } from 'vitest';
import type { Lab } from '../lab/lab.ts';
import { Probing } from '../prober/lab.ts';
import type { ProbeReport } from '../prober/report.ts';
import type { RotatingServer } from './rotating.ts';

const PORTS = { web: 8080, placed: 8081 } as const;
const HOLDS = 2;
/** Milliseconds between two visitors of a service. */
const EVERY = 400;
/** Of a service, where all are asked. */
const VISITS = 5;
type Servers = readonly RotatingServer[];
type Web = keyof typeof PORTS;

const at = ({ name }: RotatingServer) => ({ host: `${name}.test`, every: EVERY });

const comers = (servers: Servers, services: readonly Web[]) =>
  servers.flatMap((server) =>
    services.map((name) => ({
      ...{ name: `${server.name} ${name}`, kind: 'http' as const, port: PORTS[name] },
      ...{ expect: 'desktop GET /', ...at(server) },
    })),
  );

/** Visitors of every server while something happens; long-lived ones of the bystander live on. */
export async function visitedDuring(
  lab: Lab,
  servers: Servers,
  services: readonly Web[],
  happening: () => Promise<void>,
): Promise<ProbeReport> {
  const probing = await Probing.start(lab.control, {
    seconds: 600,
    connects: comers(servers, services),
    holds: servers.map((server) => ({ name: server.name, port: 7007, connections: HOLDS, ...at(server) })),
  });
  await happening();
  const report = await probing.stop();
  for (const hold of Object.values(report.holds))
    expect(hold).toMatchObject({ opened: HOLDS, survived: HOLDS });
  return report;
}

export function expectNoFailure({ connects }: ProbeReport, what: string): void {
  const all = Object.values(connects);
  const visitors = all.reduce((sum, { total }) => sum + total, 0);
  const gap = Math.max(...all.map(({ longestGapMs }) => longestGapMs));
  console.log(`${visitors} visitors during ${what}, ${EVERY} ms apart; longest gap ${gap} ms`);
  for (const [name, { total, failed, failedBy }] of Object.entries(connects)) {
    expect(total, name).toBeGreaterThan(20);
    expect(failed, `${name}: ${JSON.stringify(failedBy)}`).toBe(0);
  }
}

/** Whether a datagram that is sent to the server now comes back. */
export async function isEchoed(lab: Lab, server: RotatingServer): Promise<boolean> {
  const flow = { name: server.name, port: 5353, flows: 1, count: 1, ...at(server) };
  const { flows } = await (await Probing.start(lab.control, { seconds: 10, flows: [flow] })).report();
  return flows[server.name]?.lost === 0;
}

/** Asks every service of every server, for about two seconds. */
export async function visitAllServers(lab: Lab, servers: Servers): Promise<void> {
  const probing = await Probing.start(lab.control, {
    seconds: 60,
    connects: comers(servers, ['web', 'placed']).map((comer) => ({ ...comer, count: VISITS })),
    flows: servers.map((server) => ({
      name: server.name,
      port: 5353,
      flows: 1,
      count: VISITS,
      ...at(server),
    })),
  });
  const { connects, flows } = await probing.report();
  for (const [name, { failed, failedBy }] of Object.entries(connects))
    expect(failed, `${name}: ${JSON.stringify(failedBy)}`).toBe(0);
  for (const [name, { sent, lost }] of Object.entries(flows))
    expect([sent > 3, lost], name).toEqual([true, 0]);
}
