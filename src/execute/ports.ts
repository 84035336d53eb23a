/** What an execution needs from the world. Adapters implement these; nothing here knows ssh, a terminal or a clock. */

/** One connection to one host, reused for every exec of a run. */
export interface Host {
	readonly name: string;
	/**
	 * Runs `command` as root (the adapter adds `sudo -n` where the host becomes root), with `input` on its stdin.
	 * Resolves with whatever exit status the command had.
	 *
	 * @throws ReconcileError `unreachable` when there is no connection or it broke (the command may go on there),
	 * when root cannot be had, or when nothing came back in time.
	 */
	exec(
		command: string,
		input: Uint8Array | string,
		options: { readonly timeoutSeconds: number },
	): Promise<ExecResult>;
	close(): Promise<void>;
}

export interface ExecResult {
	readonly code: number;
	readonly stdout: string;
	readonly stderr: string;
}
