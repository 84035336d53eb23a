import type { Change } from './change.ts';
import type { Step } from './step.ts';

/**
 * SHA-256, 64 hex digits, over what a plan would do: hosts, ordered steps, texts with placeholders and what was found
 * at the paths that it touches. Times, counts and tokens have no part in it.
 */
export type Digest = string;

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
] as const;
export type Consent = (typeof CONSENTS)[number];
