import type { AuditEntry } from '../codec/audit.ts';
import { jsonText, oneLine } from './printable.ts';

/** One host's audit log, oldest entry first. */
export interface History {
  readonly host: string;
  readonly entries: readonly AuditEntry[];
}

/** Of a token the number is its generation's; of an API key, whose operations are named so, its own. */
const letterOf = (operation: string) => (operation.endsWith('-key') ? 'k' : 'g');

/** `2026-01-02T03:04:05Z edge ssh finalize g8 ok by host: verified: …`, a line per entry. */
export function historyText(hosts: readonly History[]): string {
  return hosts
    .flatMap(({ host, entries }) =>
      entries.map(({ time, target, operation, generation, outcome, actor, detail }) =>
        oneLine(
          `${time} ${host} ${target} ${operation} ${letterOf(operation)}${generation} ${outcome} by ${actor}: ${detail}`,
        ),
      ),
    )
    .map((line) => `${line}\n`)
    .join('');
}

/** Says where there is nothing to show, lest a mistyped name look like a quiet service. `targets`: what was asked for. */
export function emptyText(hosts: readonly History[], targets: readonly string[] | undefined): string {
  const about = (target: string) =>
    hosts.every(({ entries }) => entries.every((entry) => entry.target !== target));
  if (targets !== undefined) {
    return targets
      .filter(about)
      .map((target) => oneLine(`no audit log here has an entry of ${target}`))
      .map((line) => `${line}\n`)
      .join('');
  }
  return hosts
    .flatMap(({ host, entries }) =>
      entries.length === 0 ? [`${oneLine(host)}: the audit log is empty\n`] : [],
    )
    .join('');
}

/** All entries as one list, each with its host. */
export function historyJson(hosts: readonly History[]): string {
  return jsonText(hosts.flatMap(({ host, entries }) => entries.map((entry) => ({ host, ...entry }))));
}
