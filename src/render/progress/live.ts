import { DefaultRenderer, Listr, ListrLogger, ProcessOutput } from 'listr2';
import type { Outcome, RunEvent } from '../../execute/events.ts';
import { oneLine } from '../printable.ts';
import { type Progress, sentence, stepLine } from './progress.ts';
import { Countdown } from './rotations.ts';

interface Row {
  show: (text: string) => void;
  readonly ended: Promise<Outcome>;
  readonly end: (outcome: Outcome) => void;
}

/**
 * For terminals: one row per host, with the step it is at. listr2 draws and nothing more: it starts nothing, and it
 * gets no signals, for at one it would end the process in the middle of a transaction.
 */
export function liveProgress(hosts: readonly string[], out: NodeJS.WriteStream): Progress {
  const rows = new Map(hosts.map((host) => [host, newRow()]));
  const drawn = drawing(rows, out);
  const countdown = new Countdown();
  const steps = new Map<string, readonly string[]>();
  const listen = (event: RunEvent) => {
    if (event.kind === 'host-ended') return rows.get(event.outcome.host)?.end(event.outcome);
    const show = rows.get(event.host)?.show;
    if (event.kind === 'host-begun') steps.set(event.host, event.steps);
    if (event.kind === 'step-begun') show?.(stepLine(steps.get(event.host) ?? [], event.step));
    if (event.kind === 'rotation' || event.kind === 'countdown') show?.(oneLine(countdown.line(event)));
    if (event.kind === 'verifying') show?.('observing again');
    if (event.kind === 'note') show?.(oneLine(event.text));
  };
  return { listen, end: () => drawn };
}

/** listr2 looks at stdout to see whether it may draw; here the caller has looked already, at the stream it gave. */
class LiveRenderer extends DefaultRenderer {
  static override readonly nonTTY = true;
}

function newRow(): Row {
  let end: (outcome: Outcome) => void = () => {};
  const ended = new Promise<Outcome>((resolve) => {
    end = resolve;
  });
  return { show: () => {}, ended, end };
}

async function drawing(rows: ReadonlyMap<string, Row>, out: NodeJS.WriteStream): Promise<void> {
  const list = new Listr([], {
    concurrent: true,
    exitOnError: false,
    registerSignalListeners: false,
    renderer: LiveRenderer,
    rendererOptions: {
      collapseErrors: false,
      logger: new ListrLogger({ processOutput: new ProcessOutput(out, out) }),
    },
  });
  for (const [host, row] of rows) {
    list.add({
      title: host,
      task: async (_, task) => {
        row.show = (text) => {
          task.output = text;
        };
        const outcome = await row.ended;
        task.title = `${host}: ${sentence(outcome)}`;
        if (outcome.reasons.length > 0) throw new Error(oneLine(`${host}: ${outcome.reasons[0]}`));
      },
    });
  }
  await list.run();
}
