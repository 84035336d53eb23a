import { ReconcileError } from '../model/errors.ts';
import { type Destination, parseJump, resolveSsh, type SshTarget } from './ssh-config.ts';
import { type Link, loadSsh, openLink } from './ssh-connect.ts';

/** ssh gives up on configurations that jump in circles, too. */
const MOST_JUMPS = 8;

/** A connection that several hosts go through; it is closed with the last of them. */
interface Shared {
  readonly link: Promise<Link>;
  users: number;
}

/** Finds the ways of one run: each destination's own connection, and shared ones to what lies on the way. */
export function createRoutes(configFile: string | undefined) {
  const shared = new Map<string, Shared>();

  /** @param pinned the one host key that counts, instead of known_hosts */
  async function open(destination: Destination, pinned: string | undefined): Promise<Link> {
    const [target] = await Promise.all([resolveSsh(destination, configFile), loadSsh()]);
    const path = await hopsTo(target, 0);
    return openAlong([...path, target], pinned);
  }

  /** What lies on the way to `target`, nearest first. Only the first hop's own ProxyJump counts, as with ssh. */
  async function hopsTo(target: SshTarget, depth: number): Promise<readonly SshTarget[]> {
    if (target.jumps.length === 0) return [];
    if (depth + target.jumps.length > MOST_JUMPS) throw tooFar(target);
    const [first, ...others] = await Promise.all(
      target.jumps.map((jump) => resolveSsh(parseJump(jump), configFile)),
    );
    if (first === undefined) return [];
    return [...(await hopsTo(first, depth + target.jumps.length)), first, ...others];
  }

  /** Opens the last of `path` through the others. */
  async function openAlong(path: readonly SshTarget[], pinned: string | undefined): Promise<Link> {
    const [hops, target] = [path.slice(0, -1), path.at(-1)];
    if (target === undefined) throw new Error('a path has an end');
    if (hops.length === 0) return openLink(target, pinned);
    const hop = await acquire(hops);
    try {
      const stream = await hop.link.ssh
        .forwardOut('127.0.0.1', 0, target.hostName, target.port)
        .catch((error) => {
          throw notForwarded(target, hops.at(-1), error);
        });
      const link = await openLink(target, pinned, stream);
      return { ...link, close: () => link.close().finally(hop.release) };
    } catch (error) {
      await hop.release();
      throw error;
    }
  }

  async function acquire(path: readonly SshTarget[]): Promise<{ link: Link; release: () => Promise<void> }> {
    const key = JSON.stringify(path.map(({ user, hostName, port }) => [user, hostName, port]));
    const entry = shared.get(key) ?? { link: openAlong(path, undefined), users: 0 };
    shared.set(key, entry);
    entry.users++;
    const release = async () => {
      entry.users--;
      if (entry.users > 0) return;
      shared.delete(key);
      await entry.link.then(
        (link) => link.close(),
        () => undefined,
      );
    };
    try {
      return { link: await entry.link, release };
    } catch (error) {
      await release();
      throw error;
    }
  }

  return { open };
}

const tooFar = (target: SshTarget) =>
  new ReconcileError(
    'invalid',
    `the way to ${target.address} has more than ${MOST_JUMPS} jumps`,
    'Look for a circle in the ProxyJump settings of ssh_config.',
  );

const notForwarded = (target: SshTarget, hop: SshTarget | undefined, error: unknown) =>
  new ReconcileError(
    'unreachable',
    `${hop?.address ?? 'the jump host'} cannot connect to ${target.hostName} port ${target.port}` +
      `: ${error instanceof Error ? error.message : String(error)}`,
    'Is the host up, and does AllowTcpForwarding of the jump host let it?',
    error,
  );
