import type { InterruptionKind, Protocol } from './desired.ts';
import type { KeyPhase } from './pull.ts';
import type { Order } from './rotation.ts';

export interface Ownership {
  readonly owner: string;
  readonly group: string;
  /** Four octal digits. */
  readonly mode: string;
}

/**
 * What must be found at a path just before it is replaced: else somebody else was there, and the step stops. A hash
 * is of the true content, secrets included: it travels to the host, and is never shown nor part of a digest.
 */
export type Expectation = { readonly kind: 'absent' } | { readonly kind: 'sha256'; readonly sha256: string };

/** What a key's record says, but for its time. */
export interface KeyState {
  readonly phase: KeyPhase;
  readonly current: number;
  readonly next: number;
}

/** A socket that must be listening once a step is done. */
export interface Listening {
  readonly protocol: Protocol;
  /** Without brackets. */
  readonly address: string;
  readonly port: number;
}

/** One thing done on a host. The steps that a plan shows are the steps that are executed, in this order. */
export type Step = StepAction & {
  /** What visitors may notice; undefined: nothing. */
  readonly interrupts?: Interruption;
  /** It belongs to a rotation that is due by age or by what was seen, and so it has no part in the digest. */
  readonly due?: true;
};

export type StepAction =
  | {
      readonly kind: 'install-packages';
      readonly manager: 'apt' | 'pacman';
      readonly packages: readonly string[];
    }
  /** A system user with a group of the same name, without a home or a shell. */
  | { readonly kind: 'create-user'; readonly name: string }
  | ({ readonly kind: 'make-directory'; readonly path: string } & Ownership)
  /** The program travels only where the path is absent or holds something else: the path holds its hash. */
  | {
      readonly kind: 'install-program';
      readonly path: string;
      readonly sha256: string;
    }
  /**
   * `text` may hold placeholders: `{{token SERVICE gN}}`, which the host fills in, and on a client `{{key SERVER}}` and
   * `{{authority SERVER}}`, which come from that server.
   */
  | ({
      readonly kind: 'write-file';
      readonly path: string;
      readonly text: string;
      readonly expect: Expectation;
    } & Ownership)
  | ({ readonly kind: 'set-ownership'; readonly path: string } & Ownership)
  /** A symbolic link, which takes the place of another link only. */
  | { readonly kind: 'make-link'; readonly path: string; readonly target: string }
  | {
      readonly kind: 'remove-file';
      readonly path: string;
      readonly expect: Expectation;
    }
  /** 32 bytes of the host's randomness, if it is not there yet. */
  | { readonly kind: 'make-salt'; readonly path: string }
  /** A fresh token for later steps' `{{token SERVICE gN}}`: 32 bytes of the host's randomness as hexadecimal digits. */
  | {
      readonly kind: 'make-token';
      readonly service: string;
      readonly generation: number;
    }
  /** A token in use, for later steps' placeholder: the `token` of the table `[server.services."RATHOLENAME"]` in `path`. */
  | {
      readonly kind: 'keep-token';
      readonly service: string;
      readonly generation: number;
      readonly path: string;
      readonly ratholeName: string;
    }
  /** A client's API key of that number: 16 bytes of the host's randomness, if it is not there yet. */
  | { readonly kind: 'make-key'; readonly client: string; readonly number: number }
  /** A client's record of its keys, where it still says what was found. */
  | {
      readonly kind: 'record-key';
      readonly client: string;
      readonly found: KeyState | undefined;
      readonly phase: KeyPhase;
      readonly current: number;
      readonly next: number;
    }
  /** One line in the audit log about a client's key, unless it is there. */
  | {
      readonly kind: 'audit-key';
      readonly client: string;
      readonly action: 'announce' | 'retire' | 'replace';
      readonly number: number;
      readonly reason: string;
    }
  /** One line in the audit log about a token or an API key that this transaction makes or ends; backing out adds another. */
  | {
      readonly kind: 'audit-secret';
      readonly secret: 'token' | 'key';
      readonly action: 'make' | 'revoke';
      /** A service, or a client. */
      readonly target: string;
      /** The token's generation, or the key's number. */
      readonly number: number;
      readonly reason: string;
    }
  /** nginx's map from keys to clients, made from the keys' records. */
  | { readonly kind: 'write-key-map'; readonly path: string }
  /** What a client pulls, made from its fragments, its settings and the records; sync.conf last. */
  | { readonly kind: 'publish'; readonly client: string }
  /** A folder of ours with all that is in it. */
  | { readonly kind: 'remove-folder'; readonly path: string }
  /** Ends the live connections to a public address that nothing listens on any more. */
  | {
      readonly kind: 'cut-connections';
      readonly service: string;
      readonly address: string;
      readonly port: number;
    }
  /** `ca.pem` and `ca.key` of an authority of our own. */
  | {
      readonly kind: 'make-authority';
      readonly directory: string;
      readonly name: string;
      readonly days: number;
    }
  /** `leaf.pem` (with the authority's certificate after it) and `leaf.key`, replaced together. */
  | {
      readonly kind: 'make-certificate';
      readonly directory: string;
      /** The first is the subject; all are in subjectAltName. */
      readonly names: readonly string[];
      readonly days: number;
    }
  /**
   * Writes a service's record: this generation is served and nothing is in motion. A token of this transaction is as
   * old as the transaction; of one that was found nobody knows the age.
   */
  | {
      readonly kind: 'enroll';
      readonly service: string;
      readonly generation: number;
      /** The highest number that was ever given out. */
      readonly highest: number;
      readonly made: boolean;
      readonly path: string;
      readonly expect: Expectation;
    }
  /** Lets the host's own program decide and act, for these services; sorted by name. Nothing before it is taken back. */
  | { readonly kind: 'rotate'; readonly order: RotateOrder; readonly services: readonly string[] }
  /** Joins fragments, in this order, into one file. */
  | ({
      readonly kind: 'assemble';
      readonly path: string;
      readonly fragments: readonly string[];
      readonly expect: Expectation;
    } & Ownership)
  /** Copies a file to `DIRECTORY/NAME.YYYYMMDD_HHMMSS`, 0600 root:root. */
  | {
      readonly kind: 'backup';
      readonly path: string;
      readonly directory: string;
    }
  | { readonly kind: 'apply-sysctls'; readonly path: string }
  | { readonly kind: 'reload-systemd' }
  | { readonly kind: 'enable-unit'; readonly unit: string }
  | { readonly kind: 'disable-unit'; readonly unit: string }
  | { readonly kind: 'start-unit'; readonly unit: string; readonly listens: readonly Listening[] }
  | { readonly kind: 'restart-unit'; readonly unit: string; readonly listens: readonly Listening[] }
  /** A client's sync step for one server, now. One that does not succeed is told: the timer goes on. */
  | { readonly kind: 'poll'; readonly server: string }
  | { readonly kind: 'check-nginx' }
  | { readonly kind: 'reload-nginx'; readonly listens: readonly Listening[] };

/** What the host's program is told: `due` starts what the age asks for, and continues what is in motion. */
export type RotateOrder = 'due' | Exclude<Order, 'none'>;

/** The forecast of one step. */
export interface Interruption {
  readonly kind: InterruptionKind;
  /** Names of the services that notice, sorted; empty: all of the server's. */
  readonly services: readonly string[];
  /** Expected seconds without new connections; undefined: for good. */
  readonly seconds?: number;
  /** Connections that `ss` saw and that would be cut; outside the digest. */
  readonly connections: number;
  /** In the field's words, with the figure's origin. */
  readonly reason: string;
}
