import type { Outcome, RunEvent } from '../../execute/events.ts';
import { oneLine, printable } from '../printable.ts';
import { reportSentence } from './rotations.ts';

/** Shows an apply while it happens: it only listens. */
export interface Progress {
  readonly listen: (event: RunEvent) => void;
  /** Resolves when everything is shown. Call it once the apply is over. */
  readonly end: () => Promise<void>;
}

/** For logs and pipes: one line per event. */
export function plainProgress(write: (text: string) => void): Progress {
  const names = new Map<string, readonly string[]>();
  const line = (host: string, text: string) => write(`${host}: ${oneLine(text)}\n`);
  const listen = (event: RunEvent) => {
    if (event.kind === 'host-begun') names.set(event.host, event.steps);
    if (event.kind === 'step-begun') line(event.host, stepLine(names.get(event.host) ?? [], event.step));
    if (event.kind === 'rotation') line(event.host, reportSentence(event.rotation, event.awaited));
    if (event.kind === 'verifying') line(event.host, 'observing again');
    if (event.kind === 'note') line(event.host, event.text);
    if (event.kind === 'host-ended') line(event.outcome.host, sentence(event.outcome));
  };
  return { listen, end: async () => {} };
}

/** `3/17 write-file /etc/rathole/server.toml` */
export function stepLine(steps: readonly string[], step: number): string {
  return `${step}/${steps.length} ${steps[step - 1] ?? ''}`;
}

const SENTENCES: Readonly<Record<Outcome['status'], string>> = {
  unchanged: 'nothing to do',
  changed: 'done, and seen to be in effect',
  failed: 'failed',
  unreachable: 'unreachable',
  unknown: 'unknown: the connection broke',
  'not-converged': 'done, but not as wanted',
  rotated: 'rotated',
  rotating: 'not rotated yet',
  held: 'left alone',
  stopped: 'not begun',
};

/** How a host came out, in a few words. */
export function sentence({ status }: Outcome): string {
  return SENTENCES[status];
}

/** What went wrong where, and what to do about it; empty when nothing did. */
export function troubles(outcomes: readonly Outcome[]): string {
  return outcomes
    .filter(({ reasons }) => reasons.length > 0)
    .map((outcome) => {
      const reasons = outcome.reasons.map((reason) => `    ${reason}\n`).join('');
      return printable(`${outcome.host}: ${sentence(outcome)}\n${reasons}  mend: ${outcome.remedy}\n`);
    })
    .join('');
}
