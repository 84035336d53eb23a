/** What is to be probed, as JSON on the prober's command line. All probes start and end together. */
export interface ProbePlan {
  /** How long new probes are started, in seconds; SIGTERM ends them earlier. */
  readonly seconds: number;
  readonly connects?: readonly ConnectPlan[];
  readonly holds?: readonly HoldPlan[];
  readonly flows?: readonly FlowPlan[];
}

export interface Endpoint {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  /** Milliseconds between two probes, or between two writes of one long-lived connection. */
  readonly every: number;
}

interface Counted extends Endpoint {
  /** At most so many probes; where all plans have had theirs, the report comes before the time is up. */
  readonly count?: number;
}

/** New TCP connections, each with a whole request and answer. */
export interface ConnectPlan extends Counted {
  /** http: GET / answered by 200. banner: a first line, as SSH gives. echo: a line that comes back. */
  readonly kind: 'http' | 'banner' | 'echo';
  /** A regular expression that the answer must match. */
  readonly expect?: string;
  /** Milliseconds until a probe counts as failed by timeout; 5,000 unless given. */
  readonly timeout?: number;
}

/** Long-lived TCP connections to an echo service, writing all the time. */
export interface HoldPlan extends Endpoint {
  readonly connections: number;
}

/** UDP senders, each with its own socket, to the echo of `targets`. */
export interface FlowPlan extends Counted {
  readonly flows: number;
}

export const FAILURES = ['refused', 'reset', 'eof', 'timeout', 'wrong', 'other'] as const;
export type Failure = (typeof FAILURES)[number];

export interface ConnectReport {
  readonly total: number;
  readonly failed: number;
  readonly failedBy: Readonly<Record<Failure, number>>;
  /** The longest time between the starts of two successful probes, the run's begin and end counted as such. */
  readonly longestGapMs: number;
  /** Of successful probes, from the connect to the whole answer; null when there was none. */
  readonly p50Ms: number | null;
  readonly p99Ms: number | null;
}

export interface HoldReport {
  /** Connections that came about; one that was refused or never answered did not. */
  readonly opened: number;
  /** Those of them that at the end were open and had echoed all that was written. */
  readonly survived: number;
  readonly bytes: number;
  /** How and when all others ended, those that never opened included, in milliseconds after the start. */
  readonly ended: readonly { readonly how: Failure; readonly atMs: number }[];
}

export interface FlowReport {
  readonly sent: number;
  /** Those that `targets` did not answer: other answers do not count. */
  readonly lost: number;
  /** How often the target saw a flow come from another source than just before. */
  readonly sourceChanges: number;
  readonly longestGapMs: number;
}

/** The prober's answer, by the plan's names, as one line of JSON on stdout. */
export interface ProbeReport {
  readonly seconds: number;
  readonly connects: Readonly<Record<string, ConnectReport>>;
  readonly holds: Readonly<Record<string, HoldReport>>;
  readonly flows: Readonly<Record<string, FlowReport>>;
}
