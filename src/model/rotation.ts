import type { Listener } from './observed.ts';

/**
 * What a service's record on its host says. It is replaced by one rename, so a decision is either made or not:
 * - `gone`: the service is not served; its record keeps the highest number.
 * - `steady`: one generation. `staged`: a second one beside it (in place: announced only).
 * - `staging`, `finalizing`, `cancelling`, `compromised`, `issuing`: an action was decided and may be half done.
 *   Doing all its operations again completes it.
 */
export const PHASES = [
  'gone',
  'steady',
  'staging',
  'staged',
  'finalizing',
  'cancelling',
  'compromised',
  'issuing',
] as const;
export type Phase = (typeof PHASES)[number];

/** One service's record. All times are the host's, in Unix seconds: no other clock decides anything. */
export interface RotationRecord {
  readonly phase: Phase;
  /** The generation that is served; 0: none. */
  readonly current: number;
  /** The generation that comes; 0: none. */
  readonly next: number;
  /** The highest number that was ever given out, burned ones included. */
  readonly highest: number;
  /** When `next` was staged, and when the old one may go; 0 where nothing is staged. */
  readonly stagedAt: number;
  readonly finalizeAt: number;
  /** When `current` came to be; undefined: unknown, as after the take-over of a hand-written server.toml. */
  readonly rotatedAt: number | undefined;
}

/** What a person asks for; `none` is what the timer and a plain `apply` ask. */
const ORDERS = ['none', 'rotate', 'finalize', 'cancel', 'compromised', 'restore'] as const;
export type Order = (typeof ORDERS)[number];

/** What is observed of one service, besides its record, in the same exec as the host's clock. */
export interface ServiceObservation {
  readonly record: RotationRecord;
  readonly listeners: readonly Listener[];
  /** The main process of rathole-server; 0: it doesn't run. */
  readonly ratholePid: number;
  /** Where `current` and `next` listen. In place both are the public address. */
  readonly currentAddress: SlotAddress;
  readonly nextAddress: SlotAddress;
  /** Whether a probe through the slot was answered; `untested` where there was none (UDP, nothing listens). */
  readonly probes: { readonly current: Probe; readonly next: Probe };
  /** When server.toml was last replaced, Unix seconds. */
  readonly serverFileAt: number;
  /** Whether the log shows that the client fetched the announcement that is served now: its ETag, not the time. */
  readonly told: boolean;
  /** Whether pending-tokens.json is there although nothing is in motion on this host. */
  readonly leftover: boolean;
}

/** What a decision is made for, besides what is observed of the service. */
export interface Asked {
  readonly order: Order;
  /** The host's time, Unix seconds. */
  readonly now: number;
  /** How many other services of the host are in motion. */
  readonly othersInMotion: number;
}

export interface SlotAddress {
  readonly protocol: 'tcp' | 'udp';
  readonly address: string;
  readonly port: number;
}

type Probe = 'answered' | 'silent' | 'untested';

/**
 * What an observation comes down to: few values per fact, so that the table can be read, searched exhaustively and
 * written as a `case` of the host's program.
 */
export const FACTS = {
  cutover: ['blue-green', 'in-place'],
  phase: PHASES,
  order: ORDERS,
  /** Of the current generation, by the host's clock. `unmanaged`: the policy has no `max_age`. */
  age: ['fresh', 'expiring', 'overdue', 'unknown', 'unmanaged'],
  /** Whether one more service may be staged (`at_most`). */
  room: ['room', 'full'],
  /** The slot of `next`: nothing there; rathole's own listener at exactly its address, and alive as far as a probe
   *  tells; the same, but its probe fails where the current one's is answered; somebody else's; owner not visible. */
  target: ['free', 'proven', 'worse', 'foreign', 'unseen'],
  /** The slot of `current`. */
  serving: ['listening', 'silent', 'unseen'],
  /** Whether rathole has had time to load server.toml. */
  file: ['settled', 'young'],
  deadline: ['ahead', 'passed'],
  finalize: ['when-verified', 'at-deadline'],
  stragglers: ['hold', 'cut'],
  told: ['yes', 'no'],
  view: ['tidy', 'leftover'],
} as const;
export type RotationFacts = typeof FACTS;
export type Situation = { readonly [K in keyof RotationFacts]: RotationFacts[K][number] };

/** What is done to a service: each has its list of operations. */
export const ACTIONS = ['stage', 'postpone', 'finalize', 'cancel', 'compromise', 'issue', 'tidy'] as const;
export type Action = (typeof ACTIONS)[number];

/** What the table answers. `hold` waits too, but for something that should have happened: status says so. */
export const VERDICTS = [...ACTIONS, 'nothing', 'wait', 'hold', 'refuse'] as const;
export type Verdict = (typeof VERDICTS)[number];

/** One line of the table: it applies where each named fact has one of the listed values. First match wins. */
export interface Rule {
  /** Short and stable: tests, output and docs name it. */
  readonly name: string;
  readonly when: { readonly [K in keyof RotationFacts]?: readonly RotationFacts[K][number][] };
  readonly verdict: Verdict;
  /** Why, in the operator's words. */
  readonly reason: string;
}

/** What the table decided for a service. */
export interface Decision {
  readonly verdict: Verdict;
  readonly rule: string;
  readonly reason: string;
}

/** What the host's program says of a service: what it decided, and how the service stands after that was done. */
export interface RotationReport {
  readonly service: string;
  readonly verdict: Verdict;
  /** A name of the table. */
  readonly rule: string;
  /** 0: none. */
  readonly current: number;
  readonly next: number;
  /** By the host's clock, Unix seconds; 0 where nothing is staged. */
  readonly finalizeAt: number;
}
