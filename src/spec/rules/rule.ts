import type { Complaint, Spot } from '../findings.ts';
import type { LoadedPlaybook } from '../playbook/load.ts';
import type { TunnelView } from '../playbook/view.ts';
import type { SpecSources } from '../sources.ts';

/** A rule between keys: something that no single value shows. */
export interface Rule {
  /** Stable: people look for it and tests name it. */
  readonly id: string;
  /** Why it is a rule; one or two sentences for the reference. */
  readonly why: string;
  readonly check: (input: RuleInput, complain: Complain) => void;
}

export interface RuleInput {
  /** Whether all of the inventory could be read: otherwise a missing host says nothing. */
  readonly isWhole: boolean;
  readonly playbooks: readonly LoadedPlaybook[];
  readonly lookAtProgram: SpecSources['lookAtProgram'];
  /** The tunnels of all playbooks. */
  readonly tunnels: readonly TunnelView[];
}

export type Complain = (spot: Spot, complaint: Complaint) => void;
