import { observeScript, parseObservation } from '../facts/index.ts';
import { ReconcileError } from '../model/errors.ts';
import type { Observed } from '../model/observed.ts';
import { pooled } from './pool.ts';
import type { Host } from './ports.ts';

/** Seconds in which a host must have answered; a busy one takes two or three. */
const OBSERVE_SECONDS = 60;

/**
 * Looks at one host: one exec, read-only.
 *
 * @throws ReconcileError `unreachable` without a connection or root, `failed` when the script did not come to its end.
 */
export async function observe(host: Host): Promise<Observed> {
  const { code, stdout, stderr } = await host.exec('sh', observeScript, { timeoutSeconds: OBSERVE_SECONDS });
  if (code !== 0) {
    throw new ReconcileError(
      'failed',
      `observing ended with exit status ${code}: ${stderr.trim().slice(0, 500)}`,
      'see that sh and coreutils work on the host',
    );
  }
  return { host: host.name, facts: parseObservation(stdout) };
}

/** A host that could not be looked at, and why. */
export interface Unseen {
  readonly host: string;
  readonly error: ReconcileError;
}

/** What could be seen of many hosts, and which could not be seen at all. */
export interface Survey {
  readonly observed: readonly Observed[];
  readonly unseen: readonly Unseen[];
}

/** Observes hosts side by side; one that cannot be reached takes nothing from the others. */
export async function survey(
  hosts: readonly string[],
  connect: (host: string) => Promise<Host>,
  forks: number,
): Promise<Survey> {
  const looks = await pooled(hosts, forks, async (host) => {
    try {
      return { observed: await observe(await connect(host)) };
    } catch (error) {
      if (error instanceof ReconcileError) return { unseen: { host, error } };
      throw error;
    }
  });
  return {
    observed: looks.flatMap(({ observed }) => observed ?? []),
    unseen: looks.flatMap(({ unseen }) => unseen ?? []),
  };
}
