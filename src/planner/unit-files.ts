import {
  FINALIZE_SERVICE,
  FINALIZE_TIMER,
  FOLD_SERVICE,
  FOLD_TIMER,
  NGINX_UNIT,
  SERVER_UNIT,
} from '../artifacts/paths.ts';
import { foldService, foldTimer } from '../artifacts/pull/seen.ts';
import { finalizeService, finalizeTimer } from '../artifacts/rotate/units.ts';
import { serverUnit } from '../artifacts/server-unit.ts';
import type { DesiredServer } from '../model/desired.ts';
import { planFile, ROOT_FILE } from './files.ts';
import { join, NOTHING, type Part, part, refuse } from './part.ts';
import type { View } from './view.ts';

const TIMERS = {
  [FINALIZE_SERVICE]: finalizeService(),
  [FINALIZE_TIMER]: finalizeTimer(),
  [FOLD_SERVICE]: foldService(),
  [FOLD_TIMER]: foldTimer(),
};
const ENABLED = [SERVER_UNIT, NGINX_UNIT, FINALIZE_TIMER, FOLD_TIMER];

/** What systemd is told, and the names of those units whose files change. */
export interface UnitFiles extends Part {
  readonly written: ReadonlySet<string>;
}

interface Wanted {
  /** By file name. */
  readonly texts: Readonly<Record<string, string>>;
  /** The units that these files make: other ones where the files are templates. */
  readonly units: readonly string[];
  /** Those that start with the host. */
  readonly enabled: readonly string[];
}

/** The units of a server. */
export function planServerUnitFiles(view: View, server: DesiredServer, sha256: string): UnitFiles {
  const texts = { [SERVER_UNIT]: serverUnit(server, sha256), ...TIMERS };
  return planUnitFiles(view, { texts, units: Object.keys(texts), enabled: ENABLED });
}

/** The files of all units of ours, and what of them starts with the host; then systemd reads all of that at once. */
export function planUnitFiles(view: View, { texts, units, enabled }: Wanted): UnitFiles {
  const files = Object.entries(texts).map(([unit, text]) => ({
    unit,
    ...planFile(view, { path: `/etc/systemd/system/${unit}`, text, ...ROOT_FILE }),
  }));
  const written = new Set(
    files.filter(({ steps }) => steps.some(({ kind }) => kind === 'write-file')).map(({ unit }) => unit),
  );
  const stale = units.filter((unit) => !written.has(unit) && view.units[unit]?.needDaemonReload === true);
  const start = join(enabled.map((unit) => planEnabled(view, unit)));
  const unread = written.size > 0 || stale.length > 0 || start.steps.length > 0;
  const reload = part({ steps: unread ? [{ kind: 'reload-systemd' }] : [] });
  return { ...join([...files, staleUnits(stale), start, reload]), written };
}

function staleUnits(units: readonly string[]): Part {
  const cause = 'on disk but not loaded: systemd knows an older file';
  return part({
    changes: units.map((unit) => {
      const [before, after] = ['not loaded', 'loaded'] as const;
      return { kind: 'update', target: `unit ${unit}`, cause, before, after };
    }),
  });
}

/** Makes a unit start with the host. A unit that comes with a package or with this plan is not there yet. */
function planEnabled(view: View, name: string): Part {
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

export function masked(name: string): Part {
  const remedy = `If it shall run: systemctl unmask ${name}`;
  return refuse('unit-masked', `the unit ${name} is masked: somebody forbade it to run`, remedy);
}
