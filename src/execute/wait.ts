import { ROTATE } from '../artifacts/paths.ts';
import { parseRotationReport } from '../codec/rotation-report.ts';
import { quote } from '../codec/shell.ts';
import { ReconcileError } from '../model/errors.ts';
import type { RotationReport } from '../model/rotation.ts';
import type { Outcome, OutcomeStatus } from './events.ts';
import { pooled } from './pool.ts';
import type { Ports } from './ports.ts';

/** Rotations of one host that somebody waits for. */
export interface Waiting {
  readonly host: string;
  readonly services: readonly string[];
  /** After which the host goes on by itself. */
  readonly seconds: number;
}

type WaitPorts = Pick<Ports, 'connect' | 'actor' | 'report' | 'forks' | 'stop'>;

/**
 * Waits until rotations are done, in one exec per host, which continues them once a second meanwhile. Leaving early
 * harms nothing: the host's timer does the same. Never throws for what happens on a host.
 */
export function waitForRotations(waiting: readonly Waiting[], ports: WaitPorts): Promise<readonly Outcome[]> {
  return pooled(waiting, ports.forks, async (each) => {
    const outcome = await waited(each, ports);
    ports.report({ kind: 'host-ended', outcome });
    return outcome;
  });
}

async function waited({ host, services, seconds }: Waiting, ports: WaitPorts): Promise<Outcome> {
  const reports = new Map<string, RotationReport>();
  const reader = lineReader((line) => {
    const rotation = parseRotationReport(line);
    const [, left] = /^- (\d+)$/.exec(line) ?? [];
    if (left !== undefined) ports.report({ kind: 'countdown', host, seconds: Number(left) });
    // Of what is over the host says afterwards what it is at rest.
    if (rotation === undefined || reports.get(rotation.service)?.next === 0) return;
    reports.set(rotation.service, rotation);
    ports.report({ kind: 'rotation', host, rotation, awaited: true });
  });
  const command = [ROTATE, '--actor', ports.actor, 'wait', String(seconds), ...services].map(quote).join(' ');
  const end = (status: OutcomeStatus, reasons: readonly string[], remedy: string): Outcome => ({
    ...{ host, status, reasons, remedy },
    rotations: [...reports.values()],
  });
  try {
    const connection = await ports.connect(host);
    const run = connection.exec(command, '', { timeoutSeconds: seconds + 60, onOutput: reader });
    const result = await Promise.race([run, stopped(ports.stop)]);
    if (result !== undefined && ![0, 3].includes(result.code)) {
      return end(
        'failed',
        [`waiting ended with exit status ${result.code}`, result.stderr.trim()],
        'plan again',
      );
    }
  } catch (error) {
    if (!(error instanceof ReconcileError)) throw error;
    return end('unknown', [error.message], 'the host goes on by itself; plan again to see how far it came');
  }
  const left = services.filter((service) => reports.get(service)?.next !== 0);
  return left.length === 0
    ? end('rotated', [], '')
    : { ...notWaitedFor({ host, services: left }), rotations: [...reports.values()] };
}

/** The last word on rotations that nobody waits for any more. */
export function notWaitedFor({ host, services }: Pick<Waiting, 'host' | 'services'>): Outcome {
  const remedy = 'the host goes on by itself; plan again to see';
  return {
    host,
    status: 'rotating',
    reasons: [`not done yet: ${services.join(', ')}`],
    remedy,
    rotations: [],
  };
}

/** Resolves when the operator wants to stop: what he waited for goes on without him. */
function stopped(stop: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (stop.aborted) resolve(undefined);
    stop.addEventListener('abort', () => resolve(undefined), { once: true });
  });
}

/** Gives whole lines of what arrives in pieces. */
function lineReader(each: (line: string) => void): (chunk: string) => void {
  let rest = '';
  return (chunk) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) each(line);
  };
}
