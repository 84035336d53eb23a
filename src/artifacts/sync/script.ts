import { ETC } from '../paths.ts';
import { fetch } from './fetch.ts';
import { poll } from './poll.ts';
import { preamble, type SyncOptions } from './preamble.ts';
import { schedule } from './schedule.ts';
import { settings } from './settings.ts';
import { verdict } from './verdict.ts';

const DEFAULTS: SyncOptions = { root: ETC, connectSeconds: 15, totalSeconds: 90 };

/**
 * The sync step: one POSIX sh program (dash, bash, busybox ash; curl or GNU wget) for all clients and hosts.
 * It holds no setting and no secret: those are in the host's folder below `root`.
 */
export function syncScript(options: Partial<SyncOptions> = {}): string {
  return [preamble({ ...DEFAULTS, ...options }), settings, fetch, verdict, poll, schedule].join('');
}
