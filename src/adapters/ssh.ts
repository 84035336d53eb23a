import { Readable } from 'node:stream';
import type { ExecOptions, ExecResult, Host } from '../execute/ports.ts';
import { ReconcileError } from '../model/errors.ts';
import { became, becoming } from './become.ts';
import { noAnswer, sent, signalStatus, TextSink } from './exec-support.ts';
import type { Destination } from './ssh-config.ts';
import type { Link } from './ssh-connect.ts';
import { createRoutes } from './ssh-route.ts';

/** How an inventory says to reach a host. */
export interface SshConnection extends Destination {
  readonly hostKey?: string;
  readonly become: boolean;
}

/**
 * Opens connections for one run. Hosts behind the same jump host share its connection: sshd drops logins at random
 * when many come at once.
 *
 * @param configFile instead of ssh's own configuration files
 */
export function createSsh(configFile?: string): {
  /** @throws ReconcileError `unreachable`, or `invalid` when the ssh configuration cannot be followed */
  connect(name: string, connection: SshConnection): Promise<Host>;
} {
  const routes = createRoutes(configFile);
  return {
    connect: async (name, connection) => {
      const link = await routes.open(connection, connection.hostKey);
      return sshHost(name, link, connection.become);
    },
  };
}

function sshHost(name: string, link: Link, become: boolean): Host {
  return {
    name,
    exec: async (command, input, options) => {
      const result = await run(link, become ? becoming(command) : command, input, options);
      return become ? became(result) : result;
    },
    close: link.close,
  };
}

/** Bytes per write: enough to fill a window, little enough to stop soon when the command ends early. */
const CHUNK = 256 * 1024;

async function run(
  link: Link,
  command: string,
  input: Uint8Array | string,
  options: ExecOptions,
): Promise<ExecResult> {
  const { timeoutSeconds, onOutput } = options;
  const [stdout, stderr] = [new TextSink(onOutput), new TextSink()];
  const stdin = Readable.from(chunks(sent(input, options)));
  try {
    const { code, signal } = await within(timeoutSeconds, () =>
      link.ssh.execCommand(command, {
        stdin,
        noTrim: true,
        onStdout: stdout.add,
        onStderr: stderr.add,
      }),
    );
    // Neither a status nor a signal: the connection went away under the command.
    if (code === null && signal === null)
      throw link.lost() ?? new Error('the command ended without a status');
    return { code: code ?? signalStatus(signal ?? ''), stdout: stdout.end(), stderr: stderr.end() };
  } catch (error) {
    throw error instanceof ReconcileError ? error : broke(link.lost() ?? error);
  } finally {
    stdin.destroy();
  }
}

function* chunks(bytes: Buffer): Generator<Buffer> {
  for (let at = 0; at < bytes.length; at += CHUNK) yield bytes.subarray(at, at + CHUNK);
}

async function within<T>(seconds: number, work: () => Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(noAnswer(seconds)), seconds * 1000);
  });
  try {
    return await Promise.race([work(), late]);
  } finally {
    clearTimeout(timer);
  }
}

const broke = (reason: unknown) =>
  new ReconcileError(
    'unreachable',
    `the connection broke: ${reason instanceof Error ? reason.message : String(reason)} (the command may go on there)`,
    'Try again when the host can be reached: what was begun is continued.',
    reason,
  );
