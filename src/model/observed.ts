import type { ObservedPulls } from './pull.ts';
import type { Reading } from './reading.ts';
import type { RotationRecord } from './rotation.ts';

/** What one read-only script found on one host. Secrets in texts are fingerprints already. */
export interface Observed {
  readonly host: string;
  readonly facts: Facts;
}

/** One property per fact; `facts/` has one file for each. All times are the host's: Unix seconds with a fraction. */
export interface Facts {
  readonly os: Reading<ObservedOs>;
  /** As `uname -m` says it. */
  readonly architecture: Reading<string>;
  /** Whether the observation ran as root: without it most other facts are unreadable. */
  readonly root: Reading<boolean>;
  /** The host's time. All times of a rotation are the host's. */
  readonly clock: Reading<number>;
  /** Names of the needed programs that the host lacks. */
  readonly missingPrograms: Reading<readonly string[]>;
  /** Version by package name, for the packages that matter; absent where there is neither dpkg nor pacman. */
  readonly packages: Reading<Readonly<Record<string, string>>>;
  readonly users: Reading<ObservedUsers>;
  /**
   * Every file and folder at or below the managed places, by path. A path there that is not a key is absent. A
   * folder that cannot be listed makes the whole fact unreadable.
   */
  readonly files: Reading<Readonly<Record<string, ObservedFile>>>;
  /** The certificates that reconcile made, by path. */
  readonly certificates: Reading<Readonly<Record<string, ObservedCertificate>>>;
  /** By unit name; a unit that is not a key is absent. */
  readonly units: Reading<Readonly<Record<string, ObservedUnit>>>;
  /** Version by path of each rathole program that is in the PATH or that a unit runs. */
  readonly rathole: Reading<Readonly<Record<string, string>>>;
  /** Absent where nginx is not installed. */
  readonly nginx: Reading<ObservedNginx>;
  readonly listeners: Reading<readonly Listener[]>;
  /**
   * Established TCP connections by local `address:port` (`[address]:port` for IPv6), for ports that listen. Behind
   * a wildcard listener the address is the one that the visitor came to.
   */
  readonly connections: Reading<Readonly<Record<string, number>>>;
  /** Values by name of the sysctls that matter, as the kernel has them now. One that is not a key does not exist. */
  readonly sysctls: Reading<Readonly<Record<string, string>>>;
  /** Whether the kernel can end sockets (`ss -K`, CONFIG_INET_DIAG_DESTROY); absent where it does not say. */
  readonly socketKill: Reading<boolean>;
  readonly pulls: Reading<ObservedPulls>;
  /** As a client: SHA-256 of the API key that it holds for each server, by TUNNEL-HOST. Never shown, as those of files. */
  readonly heldKeys: Reading<Readonly<Record<string, string>>>;
  /** Each enrolled service's record; absent where none was ever enrolled. */
  readonly rotations: Reading<Readonly<Record<string, RotationRecord>>>;
  /** Free room by folder that we write to. */
  readonly disk: Reading<Readonly<Record<string, FreeSpace>>>;
}

export interface ObservedOs {
  /** `ID` of os-release: `debian`, `arch`, … */
  readonly id: string;
  readonly like: readonly string[];
  /** `VERSION_ID`; empty on rolling releases. */
  readonly version: string;
}

export interface ObservedUsers {
  /** Whether the system user that rathole runs as exists. */
  readonly rathole: boolean;
  /** What nginx's workers run as; undefined without nginx. */
  readonly nginx?: { readonly user: string; readonly group: string };
}

export interface ObservedFile {
  readonly type: 'file' | 'directory' | 'symlink' | 'other';
  readonly owner: string;
  readonly group: string;
  /** Four octal digits. */
  readonly mode: string;
  readonly modified: number;
  /** SHA-256 of the true content, 64 hex digits; files only. Never shown: see `text`. */
  readonly sha256?: string;
  /**
   * The text with each secret replaced by `{{fingerprint abcdef12}}`, or by `{{fingerprint unknown}}` while the
   * host has no salt; only for texts that are managed.
   */
  readonly text?: string;
  /** Why a managed text stays on the host: its secrets could not be told apart from the rest. */
  readonly withheld?: string;
  /** Why the content could not be read. Then neither hash nor text is there, and nothing may be concluded. */
  readonly unreadable?: string;
  /** Where a symlink leads. */
  readonly target?: string;
}

export interface ObservedCertificate {
  readonly expires: number;
  /** DNS names and addresses, as in subjectAltName. */
  readonly names: readonly string[];
}

export interface ObservedUnit {
  readonly load: string;
  readonly active: string;
  readonly sub: string;
  readonly enabled: string;
  /** systemd's NeedDaemonReload: the file on disk is not what is loaded. */
  readonly needDaemonReload: boolean;
  /** Files that change what the unit's own file says (`systemctl edit`). */
  readonly dropIns: readonly string[];
  /** 0 when nothing runs. */
  readonly mainPid: number;
  /** The program that the main process runs (`/proc/PID/exe`); empty when nothing runs. */
  readonly executable: string;
  /** When it became active; 0 when it is not. */
  readonly activeSince: number;
}

export interface ObservedNginx {
  readonly version: string;
  /** Whether the stream module is loaded or built in. */
  readonly stream: boolean;
  /** What `nginx -t` says; empty when it is content. */
  readonly configError: string;
  /** Files with a `stream` block of their own. */
  readonly streamBlocks: readonly string[];
  /** Patterns that are included outside of every block, and inside `http`. */
  readonly includes: { readonly main: readonly string[]; readonly http: readonly string[] };
  /** `auto` is resolved already. */
  readonly workerProcesses: number;
  readonly workerConnections: number;
  /** The descriptors that one running worker may open; what a new one would get when none runs. */
  readonly openFiles: number;
  /** What `worker_rlimit_nofile` may raise that to where nginx's master must not exceed its own hard limit. */
  readonly openFilesAtMost: number;
  /** When the oldest worker that takes connections started, to about 20 ms; 0 when none runs. */
  readonly workersStarted: number;
  /** [emerg] lines of the running master since the workers started: a reload that only looked successful. */
  readonly reloadErrors: readonly string[];
}

/** A listening socket of `ss -H -ltnup`. */
export interface Listener {
  readonly protocol: 'tcp' | 'udp';
  /** An address without brackets; `*` for both families, `0.0.0.0` and `::` for one. */
  readonly address: string;
  readonly port: number;
  /** The network interface that the socket is bound to. */
  readonly device?: string;
  /** Owners as `ss` names them; empty where they cannot be seen. */
  readonly processes: readonly {
    readonly name: string;
    readonly pid: number;
  }[];
}

export interface FreeSpace {
  readonly freeBytes: number;
  /** Undefined where the file system does not count them. */
  readonly freeInodes?: number;
}
