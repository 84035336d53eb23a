import type { Change } from "./change.ts";
import type { Step } from "./step.ts";

/** SHA-256 over what a plan would do: hosts, ordered steps, texts with placeholders and observed hashes. 64 hex digits. */
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
	readonly steps: readonly Step[];
	readonly refusals: readonly Refusal[];
	/** Things worth knowing that change nothing: services kept, packages that are old. */
	readonly notes: readonly string[];
}

/** Why a host's plan may not run. With a consent it may; without one, the cause must be mended first. */
export interface Refusal {
	readonly rule: string;
	readonly message: string;
	readonly remedy: string;
	/** The name to give to `--allow`. */
	readonly consent?: Consent;
}

/** The closed list of what a person can allow; `docs/` explains each. */
export const CONSENTS = [
	"interrupt-new-connections",
	"interrupt-live-connections",
	"replace-foreign-files",
] as const;
export type Consent = (typeof CONSENTS)[number];
