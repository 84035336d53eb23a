import type { Protocol } from './desired.ts';
import type { Refusal } from './plan.ts';
import type { Phase, Situation } from './rotation.ts';

/** How what runs stands, apart from what a plan would change. */
export interface Status {
  /** Sorted by host name. */
  readonly hosts: readonly HostStatus[];
  /** Hosts of which too little could be read to say anything. */
  readonly refused: readonly { readonly host: string; readonly refusals: readonly Refusal[] }[];
}

/** One host. All times are its own, in Unix seconds. */
export interface HostStatus {
  readonly host: string;
  readonly tunnel: string;
  readonly time: number;
  /** Those with a service here, sorted by name. */
  readonly clients: readonly ClientStatus[];
  /** The declared ones, sorted by name. */
  readonly services: readonly ServiceStatus[];
  /** What the host serves although no playbook declares it, sorted by name. */
  readonly kept: readonly KeptService[];
  /** Empty when all is well. */
  readonly attention: readonly Attention[];
}

/** What somebody should look at, and about whom; `host` is the host itself. */
export interface Attention {
  readonly rule: AttentionRule;
  readonly subject: { readonly kind: 'host' | 'client' | 'service'; readonly name: string };
  readonly message: string;
}

/** What a monitor is told of by exit status 6. docs/exit-statuses.md has the same table. */
export const ATTENTION_RULES = {
  'not-running': "rathole-server, nginx or one of reconcile's timers does not run",
  'not-enabled': 'one of them would not start with the host',
  'server-toml-ignored':
    'server.toml is missing, or rathole ignores it: what it has loaded serves on until it is restarted',
  'pending-invalid': 'pending-tokens.json cannot be read or makes no sense: nothing can be applied',
  'not-applied': 'a declared service is not on the host: it was never applied, or is gone',
  'address-shared':
    'an undeclared service is kept at the address of a declared one: visitors come to either, and neither can be rotated',
  'client-never': 'a client has not polled once since it got its key, more than three polls ago',
  'client-late': 'a client has not polled for more than three polls',
  'client-refused': 'the key that a client polls with was replaced: it needs a new bundle',
  'no-listener': 'a client has the present configuration for a minute, and does not serve the service',
  'foreign-listener': "another program listens where rathole should: the service's client cannot come up",
  'unseen-listener': 'who listens where rathole should cannot be seen',
  'token-expiring': 'a token reaches max_age within warn_before',
  'token-overdue': 'a token is older than max_age, or nobody knows how old',
  'rotation-held': 'a rotation waits for something that should have happened, such as a straggler',
  'rotation-refused': 'a rotation is due and cannot begin',
  'rotation-stuck': "what the host's own timer should have done a minute ago was not done",
} as const;
export type AttentionRule = keyof typeof ATTENTION_RULES;

export interface ClientStatus {
  readonly client: string;
  /**
   * `absent`: the host does not know it yet. `never` polled. `late`: not for over three polls. `behind`: something
   * that is published was not fetched yet, which the next poll does. `current`: it has everything.
   */
  readonly state: 'absent' | 'never' | 'late' | 'behind' | 'current';
  /** The last answered request. */
  readonly lastPull?: { readonly at: number; readonly age: number };
  /** Seconds between polls, as published. */
  readonly poll?: number;
  /** Names of the published files that it is not known to have. */
  readonly behind: readonly string[];
  /** Names of its services that are in the middle of a rotation. */
  readonly pending: readonly string[];
  readonly key?: ClientKeyStatus;
}

/** Numbers of a client's API keys. */
export interface ClientKeyStatus {
  /** On record. */
  readonly current: number;
  /** The successor, while there is one. */
  readonly next?: number;
  /** What it pulled with last. */
  readonly used?: number;
}

export interface ServiceStatus {
  readonly service: string;
  readonly client: string;
  readonly protocol: Protocol;
  /** Where visitors find it. */
  readonly bind: string;
  /**
   * `absent`: not on the host. Else its record's phase; of one that is staged, `verified` when the client is seen with
   * the new token and `held` when something is in the way.
   */
  readonly state: 'absent' | Phase | 'verified' | 'held';
  /** Those that the host serves, the older first. */
  readonly generations: readonly GenerationStatus[];
  readonly token?: TokenStatus;
  /** Visitors' established connections; TCP only. */
  readonly connections?: number;
  readonly rotation?: {
    /** The generation that comes. */
    readonly next: number;
    /** When the old one may go; absent while that is not decided. */
    readonly finalizeAt?: number;
    /** What it waits for, or what comes next. */
    readonly missing: string;
  };
}

/** A service that stays as it is, for nothing prunes it: one that was forgotten, or restored. */
export interface KeptService {
  readonly service: string;
  readonly protocol: Protocol;
  /** Where visitors find it, where that is known. */
  readonly bind?: string;
}

export interface GenerationStatus {
  readonly generation: number;
  /** `ours`: rathole listens, and so the client is connected. */
  readonly listener: 'ours' | 'free' | 'foreign' | 'unseen';
}

/** How old the token in use is. */
export interface TokenStatus {
  readonly state: Situation['age'];
  /** Seconds; absent: nobody knows. */
  readonly age?: number;
  /** When it reaches max_age. */
  readonly dueAt?: number;
}
