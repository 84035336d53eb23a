import { quote } from '../../codec/shell.ts';
import { MARKER_LINE } from '../marker.ts';
import type { SyncSettings } from './sync-conf.ts';

/** What a client's sync.conf is made of, as assignments of sh. */
export function clientSettings({ poll, server }: SyncSettings): string {
  return `${MARKER_LINE}poll=${poll}\nserver=${quote(server)}\n`;
}

/** The settings in such a text; undefined where it lacks one. */
export function readClientSettings(text: string): SyncSettings | undefined {
  const [, poll] = /^poll=(\d+)$/m.exec(text) ?? [];
  const [, server] = /^server=(https:\/\/\S+)$/m.exec(text) ?? [];
  return poll === undefined || server === undefined ? undefined : { poll: Number(poll), server };
}
