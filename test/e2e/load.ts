import type { Lab } from '../lab/lab.ts';
import { Probing } from '../prober/lab.ts';
import type { ConnectReport, ProbeReport } from '../prober/report.ts';

const HOLDS = 5;
const FLOWS = 2;

/** What visitors of `WITH_CHAT` noticed, all services together. */
export interface Noticed {
  readonly connections: number;
  readonly failed: number;
  /** How the failed ones of each service failed. */
  readonly failures: Readonly<Record<string, ConnectReport['failedBy']>>;
  /** Milliseconds, of the new connections. */
  readonly longestGap: number;
  readonly p50: number;
  readonly p99: number;
  /** Long-lived connections, and those of them that did not open or did not live to the end. */
  readonly held: number;
  readonly dropped: number;
  readonly datagrams: number;
  readonly lost: number;
  /** Who sends datagrams at once. */
  readonly flows: number;
}

/** Where the visitors come to, and how often. */
export interface Visits {
  readonly web: number;
  readonly chat: number;
  readonly dns: number;
  /** Milliseconds between two new connections. */
  readonly every: number;
}

const VISITS: Visits = { web: 8080, chat: 7007, dns: 5353, every: 10 };

/**
 * Visits the services from outside while `change` goes on: new HTTP connections, one of SSH now and then, long-lived ones that write all the time, and datagrams.
 */
export async function underLoad(
  lab: Lab,
  change: () => Promise<void>,
  visits: Partial<Visits> = {},
): Promise<Noticed> {
  const at = { ...VISITS, ...visits };
  const host = 'edge.test';
  const probing = await Probing.start(lab.control, {
    seconds: 3600,
    connects: [
      { name: 'web', kind: 'http', host, port: at.web, every: at.every, expect: 'desktop GET /' },
      { name: 'ssh', kind: 'banner', host, port: 2222, every: 200, expect: '^SSH-2.0-OpenSSH' },
    ],
    holds: [{ name: 'chat', host, port: at.chat, every: 50, connections: HOLDS }],
    flows: [{ name: 'dns', host, port: at.dns, every: 50, flows: FLOWS }],
  });
  try {
    await change();
  } catch (error) {
    throw new Error(`${JSON.stringify(await probing.stop())}`, { cause: error });
  }
  return noticed(await probing.stop());
}

function noticed({ connects, holds, flows }: ProbeReport): Noticed {
  const [web, ssh] = [connects['web'], connects['ssh']] as [ConnectReport, ConnectReport];
  const [chat, dns] = [holds['chat'], flows['dns']];
  if (chat === undefined || dns === undefined) throw new Error('the prober left something out');
  return {
    connections: web.total + ssh.total,
    failed: web.failed + ssh.failed,
    failures: { web: web.failedBy, ssh: ssh.failedBy },
    longestGap: web.longestGapMs,
    p50: web.p50Ms ?? Number.NaN,
    p99: web.p99Ms ?? Number.NaN,
    held: HOLDS,
    dropped: HOLDS - chat.survived,
    datagrams: dns.sent,
    lost: dns.lost,
    flows: FLOWS,
  };
}

export const summary = ({ connections, failed, longestGap }: Noticed) =>
  `${connections} connections, ${failed} failed, longest gap ${Math.round(longestGap)} ms`;
