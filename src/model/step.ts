import type { InterruptionKind, Protocol } from './desired.ts';

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
  /** `text` may hold placeholders (`{{token SERVICE gN}}`), which the host fills in. */
  | ({
      readonly kind: 'write-file';
      readonly path: string;
      readonly text: string;
      readonly expect: Expectation;
    } & Ownership)
  | ({ readonly kind: 'set-ownership'; readonly path: string } & Ownership)
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
  | { readonly kind: 'check-nginx' }
  | { readonly kind: 'reload-nginx'; readonly listens: readonly Listening[] };

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
