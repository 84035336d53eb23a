import type { RunEvent } from '../../execute/events.ts';
import { RULES } from '../../model/rotation/table.ts';
import type { RotationReport } from '../../model/rotation.ts';

const OVERTAKEN = 'ended meanwhile, by the timer or another run';

/** `ssh g1 -> g2: the client has not come with the new token yet`. */
export function reportSentence(report: RotationReport, awaited = false): string {
  const { service, current, next, rule, verdict } = report;
  const generations = next === 0 ? `g${current}` : `g${current} -> g${next}`;
  // The table says why nothing is begun; whoever waits asks how what was begun came to its end.
  const overtaken = awaited && verdict === 'nothing' && rule !== 'gone';
  return `${service} ${generations}: ${overtaken ? OVERTAKEN : reasonOf(rule)}`;
}

/** Why, in the table's words; a host of another release may know other lines. */
function reasonOf(rule: string): string {
  return RULES.find(({ name }) => name === rule)?.reason ?? rule;
}

/** One line per host about all rotations that are waited for: how long still, and what is missing. */
export class Countdown {
  readonly #hosts = new Map<string, { seconds?: number; readonly sentences: Map<string, string> }>();

  line(event: Extract<RunEvent, { readonly kind: 'rotation' | 'countdown' }>): string {
    const known = this.#hosts.get(event.host) ?? { sentences: new Map<string, string>() };
    this.#hosts.set(event.host, known);
    if (event.kind === 'countdown') known.seconds = event.seconds;
    else known.sentences.set(event.rotation.service, reportSentence(event.rotation, event.awaited));
    const time = known.seconds === undefined ? '' : `${known.seconds} s left; `;
    return `${time}${[...known.sentences.values()].join('; ')}`;
  }
}
