import { SERVER_UNIT, SERVER_UNIT_FILE } from '../artifacts/paths.ts';
import type { DesiredServer } from '../model/desired.ts';
import type { ObservedUnit } from '../model/observed.ts';
import type { Step } from '../model/step.ts';
import { forecastRestart } from './forecast.ts';
import { ratholeListens, serves } from './listening.ts';
import { type Part, part } from './part.ts';
import { masked } from './unit-files.ts';
import type { View } from './view.ts';

/** A program that has just started may not listen yet. */
const START_PATIENCE = 5;
/** systemd tells when a unit became active to the microsecond, but the two clocks are read one after the other. */
const CLOCK_SLACK = 0.25;

/** Makes rathole-server run, and run what its unit says. */
export function planServerUnit(view: View, server: DesiredServer, program: string, written: boolean): Part {
  const unit = view.units[SERVER_UNIT];
  if (unit?.load === 'masked') return masked(SERVER_UNIT);
  const listens = ratholeListens(server);
  const notes = dropInNotes(SERVER_UNIT, unit);
  const cause = whyNotRunning(view, unit, program, written, server);
  if (cause === undefined) return part({ notes });
  const active = unit?.active === 'active';
  const before = active ? 'active' : (unit?.active ?? 'absent');
  const target = `unit ${SERVER_UNIT}`;
  const change =
    unit === undefined
      ? ({ kind: 'create', target, cause, after: 'active' } as const)
      : ({ kind: 'update', target, cause, before, after: 'active' } as const);
  const interrupts = forecastRestart(view);
  const restart: Step = {
    kind: 'restart-unit',
    unit: SERVER_UNIT,
    listens,
    ...(interrupts && { interrupts }),
  };
  const idle = unit === undefined || unit.active === 'inactive' || unit.active === 'failed';
  const start: Step = { kind: 'start-unit', unit: SERVER_UNIT, listens };
  return part({ changes: [change], steps: [idle ? start : restart], notes });
}

/** Why rathole-server must be started or restarted; undefined: it runs as it should. */
function whyNotRunning(
  view: View,
  unit: ObservedUnit | undefined,
  program: string,
  written: boolean,
  server: DesiredServer,
): string | undefined {
  if (unit === undefined) return 'absent';
  if (unit.active !== 'active') return `it is ${unit.active}`;
  if (written) return 'its unit changes';
  if (unit.executable !== program)
    return `it runs ${unit.executable || 'an unknown program'}, not ${program}`;
  if (startedBefore(view, unit, SERVER_UNIT_FILE)) return STALE;
  if (view.clock - unit.activeSince < START_PATIENCE) return undefined;
  const missing = ratholeListens(server).find((each) => !listensItself(view, unit, each));
  return missing && `it does not listen on ${missing.address} port ${missing.port}`;
}

export const STALE = 'on disk but not loaded: it was started before its unit was written';

/** Whether a unit runs since before a file that it read was written. */
export function startedBefore(view: View, unit: ObservedUnit, path: string): boolean {
  const modified = view.files[path]?.modified ?? 0;
  return modified > unit.activeSince + CLOCK_SLACK && modified <= view.clock;
}

function listensItself(
  view: View,
  unit: ObservedUnit,
  wanted: ReturnType<typeof ratholeListens>[number],
): boolean {
  return view.listeners.some(
    (listener) => serves(listener, wanted) && listener.processes.some(({ pid }) => pid === unit.mainPid),
  );
}

/** What others have added to a unit. */
export function dropInNotes(name: string, unit: ObservedUnit | undefined): readonly string[] {
  const found = unit?.dropIns ?? [];
  return found.map((path) => `${path} changes what ${name} does; it is left alone`);
}
