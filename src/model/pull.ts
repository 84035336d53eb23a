/** A client's API key: `announced` has a successor that sync.conf hands out; `-ing` phases may be half done. */
export const KEY_PHASES = ['steady', 'announcing', 'announced', 'retiring', 'replacing'] as const;
export type KeyPhase = (typeof KEY_PHASES)[number];

/** What a client's record says about its API keys. */
export interface KeyRecord {
  readonly phase: KeyPhase;
  /** The number of the key in use. */
  readonly current: number;
  /** Its successor's; 0: none. */
  readonly next: number;
  /** When `current` was made, by the host's clock, Unix seconds. */
  readonly madeAt: number;
}

/** What a host says about the clients that pull from it. */
export interface ObservedPulls {
  /** By client. */
  readonly records: Readonly<Record<string, KeyRecord>>;
  readonly keys: readonly ObservedKey[];
  /** By client: the ETags of what is published now. */
  readonly published: Readonly<Record<string, Published>>;
  /** The last answer to each key about each file. */
  readonly seen: readonly Sighting[];
}

/** One key's file. */
export interface ObservedKey {
  readonly client: string;
  readonly number: number;
  /** `unknown` while the host has no salt. */
  readonly fingerprint: string;
}

/** What the sync step fetches. */
export const PULLED_FILES = ['sync.conf', 'client.toml'] as const;
export type PulledFile = (typeof PULLED_FILES)[number];
export type Published = Readonly<Partial<Record<PulledFile, string>>>;

export interface Sighting {
  readonly client: string;
  /** Which of its keys it asked with. */
  readonly key: number;
  readonly file: PulledFile;
  /** 304: it had that text, and in a poll all that belongs to it. 200: it was sent. */
  readonly status: 200 | 304;
  /** Of the text that is meant. */
  readonly etag: string;
  /** The host's time, Unix seconds. */
  readonly at: number;
}
