import { AUDIT } from '../artifacts/paths.ts';
import type { AuditEntry } from '../codec/audit.ts';
import { jsonText, oneLine } from './printable.ts';
import { plural } from './sentences.ts';

/** One host's audit log, oldest entry first. */
export interface History {
  readonly host: string;
  readonly entries: readonly AuditEntry[];
  /** Lines that make no sense, such as one that a full disk has cut off. */
  readonly odd: number;
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

/**
 * Says what is not shown, lest a mistyped name look like a quiet service, or a broken log like a whole one.
 *
 * @param targets what was asked for
 */
export function missingText(hosts: readonly History[], targets: readonly string[] | undefined): string {
  const odd = hosts.filter(({ odd }) => odd > 0);
  return `${odd.map(oddText).join('')}${hosts.length === 0 ? '' : emptyText(hosts, targets)}`;
}

const oddText = ({ host, odd }: History) =>
  `${oneLine(host)}: ${plural(odd, 'line')} of ${AUDIT} cannot be read, and ${odd === 1 ? 'is' : 'are'} left out: look at the file there\n`;

function emptyText(hosts: readonly History[], targets: readonly string[] | undefined): string {
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
    .flatMap(({ host, entries, odd }) =>
      entries.length === 0 && odd === 0 ? [`${oneLine(host)}: the audit log is empty\n`] : [],
    )
    .join('');
}

/** All entries as one list, each with its host. */
export function historyJson(hosts: readonly History[]): string {
  return jsonText(hosts.flatMap(({ host, entries }) => entries.map((entry) => ({ host, ...entry }))));
}
