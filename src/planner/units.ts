import { NGINX_UNIT, SERVER_UNIT, SERVER_UNIT_FILE } from '../artifacts/paths.ts';
import { serverUnit } from '../artifacts/server-unit.ts';
import type { DesiredServer } from '../model/desired.ts';
import type { ObservedUnit } from '../model/observed.ts';
import type { Step } from '../model/step.ts';
import { planFile, ROOT_FILE } from './files.ts';
import { forecastRestart } from './forecast.ts';
import { ratholeListens, serves } from './listening.ts';
import { join, NOTHING, type Part, part, refuse } from './part.ts';
import type { View } from './view.ts';

/** A program that has just started may not listen yet. */
const START_PATIENCE = 5;
/** systemd tells when a unit became active to the microsecond, but the two clocks are read one after the other. */
const CLOCK_SLACK = 0.25;

/** The unit's file, and systemd's knowledge of it. */
export function planUnitFile(view: View, server: DesiredServer, sha256: string): Part {
  const file = planFile(view, { path: SERVER_UNIT_FILE, text: serverUnit(server, sha256), ...ROOT_FILE });
  const written = file.steps.some(({ kind }) => kind === 'write-file');
  const reload = part({ steps: [{ kind: 'reload-systemd' }] });
  if (written) return join([file, reload]);
  if (view.units[SERVER_UNIT]?.needDaemonReload !== true) return file;
  const cause = 'on disk but not loaded: systemd knows an older file';
  const changes = [
    { kind: 'update', target: `unit ${SERVER_UNIT}`, cause, before: 'not loaded', after: 'loaded' },
  ] as const;
  return join([file, part({ changes }), reload]);
}

/** Makes rathole-server run, and run what its unit says. */
export function planServerUnit(view: View, server: DesiredServer, program: string, unitFile: Part): Part {
  const unit = view.units[SERVER_UNIT];
  if (unit?.load === 'masked') return masked(SERVER_UNIT);
  const listens = ratholeListens(server);
  const cause = whyNotRunning(view, unit, program, unitFile, server);
  const enabled = join([planEnabled(view, SERVER_UNIT), dropIns(unit)]);
  if (cause === undefined) return enabled;
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
  return join([enabled, part({ changes: [change], steps: [idle ? start : restart] })]);
}

/** Why rathole-server must be started or restarted; undefined: it runs as it should. */
function whyNotRunning(
  view: View,
  unit: ObservedUnit | undefined,
  program: string,
  unitFile: Part,
  server: DesiredServer,
): string | undefined {
  if (unit === undefined) return 'absent';
  if (unit.active !== 'active') return `it is ${unit.active}`;
  if (unitFile.steps.some(({ kind }) => kind === 'write-file')) return 'its unit changes';
  if (unit.executable !== program)
    return `it runs ${unit.executable || 'an unknown program'}, not ${program}`;
  const modified = view.files[SERVER_UNIT_FILE]?.modified ?? 0;
  if (modified > unit.activeSince + CLOCK_SLACK && modified <= view.clock) {
    return 'on disk but not loaded: it was started before its unit was written';
  }
  if (view.clock - unit.activeSince < START_PATIENCE) return undefined;
  const missing = ratholeListens(server).find((each) => !listensItself(view, unit, each));
  return missing && `it does not listen on ${missing.address} port ${missing.port}`;
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

/** Makes a unit start with the host. A unit that comes with a package or with this plan is not there yet. */
export function planEnabled(view: View, name: string): Part {
  const unit = view.units[name];
  if (unit?.load === 'masked') return name === NGINX_UNIT ? masked(name) : NOTHING;
  if (unit?.enabled === 'enabled') return NOTHING;
  const steps = [{ kind: 'enable-unit', unit: name }] as const;
  if (unit === undefined) return part({ steps });
  const before = unit.enabled || 'not enabled';
  const cause = `it is ${before}`;
  return part({
    changes: [{ kind: 'update', target: `unit ${name}`, cause, before, after: 'enabled' }],
    steps,
  });
}

function masked(name: string): Part {
  const remedy = `If it shall run: systemctl unmask ${name}`;
  return refuse('unit-masked', `the unit ${name} is masked: somebody forbade it to run`, remedy);
}

function dropIns(unit: ObservedUnit | undefined): Part {
  const found = unit?.dropIns ?? [];
  return part({ notes: found.map((path) => `${path} changes what ${SERVER_UNIT} does; it is left alone`) });
}
