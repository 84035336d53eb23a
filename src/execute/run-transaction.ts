import { ReconcileError } from '../model/errors.ts';
import type { HostPlan } from '../model/plan.ts';
import type { Step } from '../model/step.ts';
import { bring } from './bring.ts';
import type { Ports, Programs } from './ports.ts';
import { type Transcript, type TranscriptEvent, TranscriptReader } from './protocol.ts';
import { followCommand, PLACES, TRANSACTION_SECONDS } from './script/frame.ts';
import { type ProgramBytes, transactionScript } from './script/transaction.ts';

export interface TransactionRun {
  readonly transcript: Transcript;
  /** Why nothing more was heard, when the transcript has no end. */
  readonly lost: string;
}

/**
 * Sends all steps as one transaction, in one exec, and follows it.
 *
 * @throws ReconcileError `unreachable` when nothing was sent, and what `Programs.read` and `bring` throw.
 */
export async function runTransaction(hostPlan: HostPlan, ports: Ports): Promise<TransactionRun> {
  const { host, steps } = hostPlan;
  const programs = await programsFor(steps, ports.programs);
  const { brought, secrets } = await bring(hostPlan, ports.connect);
  const script = transactionScript(steps, { programs, brought }, ports.actor);
  const connection = await ports.connect(host);
  const reader = new TranscriptReader((event) => forward(host, event, ports));
  try {
    const { code, stderr } = await connection.exec(followCommand(PLACES), script, {
      timeoutSeconds: TRANSACTION_SECONDS + 120,
      onOutput: (chunk) => reader.feed(chunk),
      secrets,
    });
    return { transcript: reader.transcript, lost: `exit status ${code}: ${stderr.trim()}` };
  } catch (error) {
    if (!(error instanceof ReconcileError)) throw error;
    return { transcript: reader.transcript, lost: error.message };
  }
}

async function programsFor(steps: readonly Step[], programs: Programs): Promise<ProgramBytes> {
  const wanted = steps.flatMap((step) => (step.kind === 'install-program' ? [step.sha256] : []));
  const bytes = new Map<string, Uint8Array>();
  for (const sha256 of new Set(wanted)) bytes.set(sha256, await programs.read(sha256));
  return bytes;
}

function forward(host: string, event: TranscriptEvent, { report }: Ports): void {
  if (event.kind === 'note') report({ kind: 'note', host, text: event.text });
  else if (event.kind === 'rotation')
    report({ kind: 'rotation', host, rotation: event.rotation, awaited: false });
  else report({ kind: event.kind === 'started' ? 'step-begun' : 'step-done', host, step: event.step });
}
