import type { Plan } from '../model/plan.ts';
import type { Secret } from '../model/secret.ts';
import type { RunEvent } from './events.ts';

/** What an execution needs from the world. Adapters implement these; nothing here knows ssh, a terminal or a clock. */
export interface Ports {
  /** Gives the one connection to a host, opened at its first use. */
  readonly connect: (host: string) => Promise<Host>;
  /** Observes a host again and plans for it alone; undefined where what the host says is all there is to see. */
  readonly replan?: (host: string) => Promise<Plan>;
  readonly programs: Programs;
  /** Who is named in the hosts' audit logs. */
  readonly actor: string;
  readonly report: (event: RunEvent) => void;
  /** At most so many hosts at once. */
  readonly forks: number;
  /** Aborted when the operator wants to stop: what runs comes to its end, nothing new is begun. */
  readonly stop: AbortSignal;
}

/** One connection to one host, reused for every exec of a run. */
export interface Host {
  readonly name: string;
  /**
   * Runs `command` as root (the adapter adds `sudo -n` where the host becomes root), with `input` on its stdin.
   * Resolves with whatever exit status the command had.
   *
   * @throws ReconcileError `unreachable` when there is no connection or it broke (the command may go on there),
   * when root cannot be had, or when nothing came back in time. The host is not named in it: whoever shows it does.
   */
  exec(command: string, input: Uint8Array | string, options: ExecOptions): Promise<ExecResult>;
  close(): Promise<void>;
}

export interface ExecOptions {
  readonly timeoutSeconds: number;
  /** Is given what arrives on stdout as it arrives, cut anywhere. */
  readonly onOutput?: (chunk: string) => void;
  /** What takes the place of each of these words in a text that is sent. */
  readonly secrets?: ReadonlyMap<string, Secret>;
}

export interface ExecResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Where programs come from that hosts lack. */
export interface Programs {
  /**
   * The program of that SHA-256 (64 hex digits), whole and checked.
   *
   * @throws ReconcileError `invalid` when no source of this run has it, `failed` when its source gives another.
   */
  read(sha256: string): Promise<Uint8Array>;
}
