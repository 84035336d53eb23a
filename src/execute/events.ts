import type { RotationReport } from '../model/rotation.ts';

/** What happens during an apply, as it happens. A renderer listens; the executor does not know who does. */
export type RunEvent =
  /** `steps` are the names of the steps, in order. */
  | { readonly kind: 'host-begun'; readonly host: string; readonly steps: readonly string[] }
  /** `step` counts from 1, as the plan does. */
  | { readonly kind: 'step-begun'; readonly host: string; readonly step: number }
  | { readonly kind: 'step-done'; readonly host: string; readonly step: number }
  /** `awaited`: it was in motion when the wait for it began. */
  | {
      readonly kind: 'rotation';
      readonly host: string;
      readonly rotation: RotationReport;
      readonly awaited: boolean;
    }
  /** Seconds for which rotations are waited for still. */
  | { readonly kind: 'countdown'; readonly host: string; readonly seconds: number }
  | { readonly kind: 'verifying'; readonly host: string }
  | { readonly kind: 'note'; readonly host: string; readonly text: string }
  | { readonly kind: 'host-ended'; readonly outcome: Outcome };

/** How one host came out of an apply. */
export interface Outcome {
  readonly host: string;
  readonly status: OutcomeStatus;
  /** What went wrong, in lines; empty when nothing did. */
  readonly reasons: readonly string[];
  readonly remedy: string;
  /** What the host said of each service that a rotation was asked for. */
  readonly rotations: readonly RotationReport[];
}

export type OutcomeStatus =
  /** Nothing was to be done, and nothing was touched. */
  | 'unchanged'
  /** Done, and a second observation showed the desired state. */
  | 'changed'
  /** A step failed; everything before it was taken back. */
  | 'failed'
  /** Not reached, or not logged in to: nothing was done. */
  | 'unreachable'
  /** The connection broke during the transaction, which goes on to its end without us. */
  | 'unknown'
  /** All steps succeeded, but the second observation shows something else than was wanted. */
  | 'not-converged'
  /** Every rotation that was waited for is done. */
  | 'rotated'
  /** Some are not, and the host goes on by itself. */
  | 'rotating'
  /** A client, not begun: a server that it joins did not succeed. */
  | 'held'
  /** Not begun, because the operator stopped the run. */
  | 'stopped';
