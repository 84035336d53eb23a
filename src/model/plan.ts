import type { Change } from './change.ts';
import type { Decision, Order } from './rotation.ts';
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
  /** What a person asks for; undefined: what the playbooks say. */
  readonly order?: Exclude<Order, 'none'>;
  /** Servers, then clients, each sorted by host name: a client takes its keys from servers that are done. */
  readonly hosts: readonly HostPlan[];
}

export type HostPlan = ServerPlan | ClientPlan;

export interface ServerPlan extends AnyHostPlan {
  /** The tunnel whose server it carries. */
  readonly tunnel: string;
  readonly joins?: never;
}

export interface ClientPlan extends AnyHostPlan {
  readonly tunnel?: never;
  /** The servers that it joins. */
  readonly joins: readonly JoinedServer[];
}

export interface JoinedServer {
  /** TUNNEL-HOST, as its folder on the client is named. */
  readonly name: string;
  readonly host: string;
}

interface AnyHostPlan {
  readonly host: string;
  readonly changes: readonly Change[];
  /** Empty when there is nothing to do, and when a refusal leaves nothing that could be done. */
  readonly steps: readonly Step[];
  readonly refusals: readonly Refusal[];
  /** Things worth knowing that change nothing: services kept, certificates that grow old. */
  readonly notes: readonly string[];
  /** Services whose token is to be rotated, is on its way or cannot go on, in the order in which the host takes them; no part of the digest. */
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

/** Whether it is held, or is due and cannot begin: somebody should look at it. */
export function isStuck({ verdict }: Pick<PlannedRotation, 'verdict'>): boolean {
  return verdict === 'hold' || verdict === 'refuse';
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
