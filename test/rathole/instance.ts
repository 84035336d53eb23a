import type { Change } from './reload.ts';

export type ServiceChange = Exclude<Change, { kind: 'restart' }>;

/** A running server or client. */
export interface Instance {
  /** A service comes, changes or goes. */
  update(change: ServiceChange): void;
  /** Ends it; resolves when its own listener is free again. Forwarded connections go on. */
  stop(): Promise<void>;
}
