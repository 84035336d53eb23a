import { LOCK_PATIENCE } from '../artifacts/lock.ts';
import type { Host } from '../execute/ports.ts';
import type { Desired, DesiredServer } from '../model/desired.ts';
import { type ExitCode, ReconcileError } from '../model/errors.ts';
import { printable } from '../render/printable.ts';
import type { Subject } from './planning.ts';

/** A question to one host: a read-only script, the exit statuses that are an answer, and what the answer says. */
export interface Question {
  readonly script: string;
  readonly good: readonly number[];
  /** The text to print. */
  readonly answer: (stdout: string) => string;
}

const SECONDS = 60;
/** What the host's own program ends with while it cannot have the lock. */
const BUSY = 75;

/** Asks each host, side by side, and prints the answers in the hosts' order; says which did not answer, and why. */
export async function askHosts(
  subject: Subject,
  question: (server: DesiredServer, desired: Desired) => Question,
): Promise<ExitCode> {
  const [{ loadDesired }, { Connections }, { pooled }, { hostOpener }] = await Promise.all([
    import('./desired.ts'),
    import('../execute/connections.ts'),
    import('../execute/pool.ts'),
    import('./wire.ts'),
  ]);
  const desired = await loadDesired(subject.inventory, subject.playbooks, subject.limit);
  const hosts = desired.servers.map(({ host }) => host);
  const { connect, close } = new Connections(hosts, hostOpener(subject.sshConfig));
  try {
    const questions = desired.servers.map((server) => ({ server, asked: question(server, desired) }));
    const answers = await pooled(questions, subject.forks, async ({ server: { host }, asked }) => {
      try {
        return asked.answer(await answerOf(await connect(host.name), asked));
      } catch (error) {
        if (error instanceof ReconcileError) return { host: host.name, error };
        throw error;
      }
    });
    for (const each of answers) print(each);
    const codes = answers.flatMap((each) => (typeof each === 'string' ? [] : [each.error.code]));
    return (['failed', 'invalid', 'unreachable'] as const).find((code) => codes.includes(code)) ?? 'ok';
  } finally {
    await close();
  }
}

async function answerOf(host: Host, { script, good }: Question): Promise<string> {
  const { code, stdout, stderr } = await host.exec('sh', `${script}\n`, { timeoutSeconds: SECONDS });
  if (good.includes(code)) return stdout;
  if (code === BUSY) {
    const message = `another run has been at work there for ${LOCK_PATIENCE} s`;
    throw new ReconcileError('failed', message, 'ask again when it is over; nothing was changed');
  }
  throw new ReconcileError(
    'failed',
    `it ended with exit status ${code}: ${stderr.trim().slice(0, 500)}`,
    'apply the playbook, or look at the host',
  );
}

function print(answer: string | { readonly host: string; readonly error: ReconcileError }): void {
  if (typeof answer === 'string') process.stdout.write(answer);
  else
    process.stderr.write(
      printable(`${answer.host}: ${answer.error.message}\n  mend: ${answer.error.remedy}\n`),
    );
}
