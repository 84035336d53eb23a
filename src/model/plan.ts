import type { Change } from './change.ts';
import type { Decision } from './rotation.ts';
import type { Step } from './step.ts';

/**
 * SHA-256, 64 hex digits, over what a plan would do: hosts, ordered steps, texts with placeholders and what was found
 * at the paths that it touches. Times, counts and tokens have no part in it.
 */
export type Digest = string;

/** What a plan file says that it is. */
export const PLAN_FILE = 'reconcile/plan';

export interface Plan {
  readonly digest: Digest;
  /** Sorted by host name. */
  readonly hosts: readonly HostPlan[];
}

export interface HostPlan {
  readonly host: string;
  readonly tunnel: string;
  readonly changes: readonly Change[];
  /** Empty when there is nothing to do, and when a refusal leaves nothing that could be done. */
  readonly steps: readonly Step[];
  readonly refusals: readonly Refusal[];
  /** Things worth knowing that change nothing: services kept, certificates that grow old. */
  readonly notes: readonly string[];
  /** Services whose token is to be rotated, or is on its way, in the order in which the host takes them; no part of the digest. */
  readonly rotations: readonly PlannedRotation[];
}

/** What the table of rotation says about one service, seen from here. */
export interface PlannedRotation extends Decision {
  readonly service: string;
  /** The generation that is served, and the one that comes or would come; 0: none. */
  readonly current: number;
  readonly next: number;
  /** By the host's clock, Unix seconds; 0 where nothing is staged. */
  readonly finalizeAt: number;
}

/** Why a host's plan may not run. With a consent it may; without one, the cause must be mended first. */
export interface Refusal {
  /** Short and stable: tests, output and docs name it. */
  readonly rule: string;
  readonly message: string;
  readonly remedy: string;
  /** The name to give to `--allow`. */
  readonly consent?: Consent;
}

/** The closed list of what a person can allow; `docs/` explains each. */
export const CONSENTS = [
  'interrupt-new-connections',
  'interrupt-live-connections',
  'replace-foreign-files',
  'strand-clients',
  'keep-live-connections',
] as const;
export type Consent = (typeof CONSENTS)[number];
