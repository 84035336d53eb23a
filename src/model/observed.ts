import type { Reading } from "./reading.ts";

/** What one read-only script found on one host. Secrets in texts are fingerprints already. */
export interface Observed {
	readonly host: string;
	readonly facts: Facts;
}

/** One property per fact; `facts/` has one file for each. */
export interface Facts {
	readonly os: Reading<{
		readonly id: string;
		readonly like: readonly string[];
		readonly version: string;
	}>;
	/** As `uname -m` says it. */
	readonly architecture: Reading<string>;
	/** Whether the observation ran as root: without it most other facts are unreadable. */
	readonly root: Reading<boolean>;
	/** Names of the needed programs that the host lacks. */
	readonly missingPrograms: Reading<readonly string[]>;
	/** Version by package name, for the packages that matter. */
	readonly packages: Reading<Readonly<Record<string, string>>>;
	/** Whether the system user that rathole runs as exists, and nginx's worker user and group. */
	readonly users: Reading<{
		readonly rathole: boolean;
		readonly nginx?: { readonly user: string; readonly group: string };
	}>;
	/** Every file and folder below the managed places, by path. A path that is not a key is absent. */
	readonly files: Reading<Readonly<Record<string, ObservedFile>>>;
	/** By unit name; a unit that is not a key is absent. */
	readonly units: Reading<Readonly<Record<string, ObservedUnit>>>;
	readonly nginx: Reading<ObservedNginx>;
	readonly listeners: Reading<readonly Listener[]>;
	/** Established connections by local `address:port`. */
	readonly connections: Reading<Readonly<Record<string, number>>>;
	/** Values of the sysctls that we set. */
	readonly sysctls: Reading<Readonly<Record<string, string>>>;
	/** Whether the kernel can end sockets (`ss -K`, CONFIG_INET_DIAG_DESTROY). */
	readonly socketKill: Reading<boolean>;
	/** Free bytes and inodes of the file systems that we write to, by mount point. */
	readonly disk: Reading<
		Readonly<
			Record<
				string,
				{ readonly freeBytes: number; readonly freeInodes: number }
			>
		>
	>;
	/** The host's time, Unix seconds. All times of a rotation are the host's. */
	readonly clock: Reading<number>;
}

export interface ObservedFile {
	readonly type: "file" | "directory" | "symlink" | "other";
	readonly owner: string;
	readonly group: string;
	/** Four octal digits. */
	readonly mode: string;
	/** SHA-256 of the true content, 64 hex digits; files only. Never shown: see `text`. */
	readonly sha256?: string;
	/** The text with each secret replaced by `{{fingerprint ABCDEF12}}`; only for texts that are managed. */
	readonly text?: string;
	/** Unix seconds. */
	readonly modified: number;
}

export interface ObservedUnit {
	readonly load: string;
	readonly active: string;
	readonly sub: string;
	readonly enabled: string;
	/** systemd's NeedDaemonReload: the file on disk is not what is loaded. */
	readonly needDaemonReload: boolean;
	/** 0 when nothing runs. */
	readonly mainPid: number;
	/** The program that the main process runs (`/proc/PID/exe`); empty when nothing runs. */
	readonly executable: string;
	/** Unix seconds at which it became active; 0 when it is not. */
	readonly activeSince: number;
}

export interface ObservedNginx {
	readonly version: string;
	/** Whether the stream module is loaded or built in. */
	readonly stream: boolean;
	/** What `nginx -t` says; empty when it is content. */
	readonly configError: string;
	readonly workerProcesses: number;
	readonly workerConnections: number;
	readonly openFiles: number;
	/** Unix seconds at which the youngest worker started; 0 when none runs. */
	readonly workersStarted: number;
	/** [emerg] lines that nginx logged since the workers started: a reload that only looked successful. */
	readonly reloadErrors: readonly string[];
}

/** A listening socket of `ss -H -lntup`. */
export interface Listener {
	readonly protocol: "tcp" | "udp";
	readonly address: string;
	readonly port: number;
	/** Owners as `ss` names them; empty where they cannot be seen. */
	readonly processes: readonly {
		readonly name: string;
		readonly pid: number;
	}[];
}
