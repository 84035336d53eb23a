import type { InterruptionKind } from "./desired.ts";

export interface Ownership {
	readonly owner: string;
	readonly group: string;
	/** Four octal digits. */
	readonly mode: string;
}

/** What must be found at a path just before it is replaced: else somebody else was there, and the step stops. */
export type Expectation =
	| { readonly kind: "absent" }
	| { readonly kind: "sha256"; readonly sha256: string };

/** One thing done on a host. The steps that a plan shows are the steps that are executed, in this order. */
export type Step = StepAction & {
	/** What visitors may notice; undefined: nothing. */
	readonly interrupts?: Interruption;
};

type StepAction =
	| {
			readonly kind: "install-packages";
			readonly manager: "apt" | "pacman";
			readonly packages: readonly string[];
	  }
	| { readonly kind: "create-user"; readonly name: string }
	| ({ readonly kind: "make-directory"; readonly path: string } & Ownership)
	/** The program travels only where the path is absent: the path holds its hash. */
	| {
			readonly kind: "install-program";
			readonly path: string;
			readonly sha256: string;
	  }
	/** `text` may hold placeholders, which the host fills in. */
	| ({
			readonly kind: "write-file";
			readonly path: string;
			readonly text: string;
			readonly expect: Expectation;
	  } & Ownership)
	| ({ readonly kind: "set-ownership"; readonly path: string } & Ownership)
	| {
			readonly kind: "remove-file";
			readonly path: string;
			readonly expect: Expectation;
	  }
	/** 32 bytes of the host's randomness, if it is not there yet. */
	| { readonly kind: "make-salt"; readonly path: string }
	| {
			readonly kind: "make-token";
			readonly service: string;
			readonly generation: number;
	  }
	| {
			readonly kind: "make-authority";
			readonly directory: string;
			readonly days: number;
	  }
	| {
			readonly kind: "make-certificate";
			readonly directory: string;
			readonly names: readonly string[];
			readonly days: number;
	  }
	/** Joins fragments, in this order, into one file. */
	| ({
			readonly kind: "assemble";
			readonly path: string;
			readonly fragments: readonly string[];
			readonly expect: Expectation;
	  } & Ownership)
	| {
			readonly kind: "backup";
			readonly path: string;
			readonly directory: string;
	  }
	| { readonly kind: "apply-sysctls"; readonly path: string }
	| { readonly kind: "reload-systemd" }
	| { readonly kind: "enable-unit"; readonly unit: string }
	| { readonly kind: "disable-unit"; readonly unit: string }
	| { readonly kind: "start-unit"; readonly unit: string }
	| { readonly kind: "restart-unit"; readonly unit: string }
	| { readonly kind: "check-nginx" }
	| { readonly kind: "reload-nginx" };

/** The forecast of one step. */
export interface Interruption {
	readonly kind: InterruptionKind;
	/** Names of the services that notice; empty: all of the server's. */
	readonly services: readonly string[];
	/** Expected seconds without new connections. */
	readonly seconds: number;
	/** Connections that `ss` saw and that would be cut; outside the digest. */
	readonly connections: number;
	/** In the field's words, with the figure's origin. */
	readonly reason: string;
}
