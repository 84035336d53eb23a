/** The files that a run is about, read but not yet understood. Paths are as the user would write them. */
export interface SpecSources {
  readonly inventory: InventorySources;
  readonly playbooks: readonly SourceFile[];
  /** Looks at a program that a playbook names by a path on this machine. */
  readonly lookAtProgram: (path: string) => ProgramFile;
}

/** A program as a file: its SHA-256 in 64 hex digits, or why it cannot be read, in the operating system's words. */
export type ProgramFile =
  | { readonly kind: 'read'; readonly sha256: string }
  | { readonly kind: 'unreadable'; readonly why: string };

export interface InventorySources {
  /** What was given with `-i`: a file or a folder. */
  readonly path: string;
  readonly isFolder: boolean;
  /** Sorted by path. Their roles follow from `relative`. */
  readonly files: readonly InventoryFile[];
}

export interface InventoryFile extends SourceFile {
  /** The path below the inventory's folder, with `/`. */
  readonly relative: string;
}

export interface SourceFile {
  readonly path: string;
  readonly content: Content;
}

/** What reading a file gave; `why` is in the operating system's words. */
export type Content =
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }
  | { readonly kind: 'too-large'; readonly size: number }
  | { readonly kind: 'unreadable'; readonly why: string };

/** Larger files are refused unread: 100,000 services in one playbook are half of this. */
export const MAX_FILE_BYTES = 16 * 1024 * 1024;
