import type { RunEvent } from '../../execute/events.ts';
import { RULES } from '../../model/rotation/table.ts';
import type { RotationReport } from '../../model/rotation.ts';

/** `ssh g1 -> g2: the client has not come with the new token yet`. */
export function reportSentence({ service, current, next, rule }: RotationReport): string {
  const generations = next === 0 ? `g${current}` : `g${current} -> g${next}`;
  return `${service} ${generations}: ${reasonOf(rule)}`;
}

/** Why, in the table's words; a host of another release may know other lines. */
function reasonOf(rule: string): string {
  return RULES.find(({ name }) => name === rule)?.reason ?? rule;
}

/** One line per host about all rotations that are waited for: how long still, and what is missing. */
export class Countdown {
  readonly #hosts = new Map<string, { seconds?: number; readonly reports: Map<string, RotationReport> }>();

  line(event: Extract<RunEvent, { readonly kind: 'rotation' | 'countdown' }>): string {
    const known = this.#hosts.get(event.host) ?? { reports: new Map<string, RotationReport>() };
    this.#hosts.set(event.host, known);
    if (event.kind === 'countdown') known.seconds = event.seconds;
    else known.reports.set(event.rotation.service, event.rotation);
    const time = known.seconds === undefined ? '' : `${known.seconds} s left; `;
    return `${time}${[...known.reports.values()].map(reportSentence).join('; ')}`;
  }
}
