import { clientInstances, clientUnits } from '../../artifacts/bundle/units.ts';
import { clientFolder } from '../../artifacts/paths.ts';
import type { ObservedUnit } from '../../model/observed.ts';
import type { Step } from '../../model/step.ts';
import { forecastClientRestart } from '../forecast.ts';
import { join, NOTHING, type Part, part } from '../part.ts';
import { planActive } from '../timer.ts';
import { masked, planUnitFiles, type UnitFiles } from '../unit-files.ts';
import { dropInNotes, STALE, startedBefore } from '../units.ts';
import type { View } from '../view.ts';
import { linkPath } from './files.ts';
import type { Joined } from './host.ts';

const TEMPLATES = clientInstances('');

/** The units' files, which are templates over the servers, and systemd's knowledge of them. */
export function planClientUnitFiles(view: View, poll: number, joined: readonly Joined[]): UnitFiles {
  const instances = joined.map(({ name }) => clientInstances(name));
  return planUnitFiles(view, {
    texts: Object.fromEntries(clientUnits(poll).map(({ name, text }) => [name, text])),
    units: instances.flatMap((each) => Object.values(each)),
    enabled: instances.flatMap(({ rathole, timer, path }) => [rathole, timer, path]),
  });
}

/** What is done before something is started. */
interface Done {
  readonly steps: readonly Step[];
  /** Units' files. */
  readonly written: ReadonlySet<string>;
}

/** What runs for one server: rathole, the timer of its polls, and what starts rathole when its first configuration comes. */
export function planRunning(view: View, client: string, joined: Joined, done: Done): Part {
  const { rathole, timer, path } = clientInstances(joined.name);
  const all = [rathole, timer, path];
  const forbidden = all.filter((name) => view.units[name]?.load === 'masked');
  if (forbidden.length > 0) return join(forbidden.map(masked));
  return join([
    part({ notes: all.flatMap((name) => dropInNotes(name, view.units[name])) }),
    planRathole(view, client, joined, done),
    planActive(view, timer, done.written.has(TEMPLATES.timer)),
    planActive(view, path, done.written.has(TEMPLATES.path)),
  ]);
}

function planRathole(view: View, client: string, joined: Joined, done: Done): Part {
  const name = clientInstances(joined.name).rathole;
  const unit = view.units[name];
  const cause = whyNotRunning(view, unit, joined, done);
  if (cause === undefined) return NOTHING;
  const target = `unit ${name}`;
  const after = 'active';
  const change =
    unit === undefined
      ? ({ kind: 'create', target, cause, after } as const)
      : ({ kind: 'update', target, cause, before: unit.active, after } as const);
  const idle = unit === undefined || unit.active === 'inactive' || unit.active === 'failed';
  const start: Step = { kind: 'start-unit', unit: name, listens: [] };
  const services = joined.server.services.filter((service) => service.client === client);
  const interrupts = forecastClientRestart(joined.from, services);
  const restart: Step = { kind: 'restart-unit', unit: name, listens: [], interrupts };
  return part({ changes: [change], steps: [idle ? start : restart] });
}

/** Why rathole-client must be started or restarted; undefined: it runs as it should. */
function whyNotRunning(
  view: View,
  unit: ObservedUnit | undefined,
  { name, program }: Joined,
  { steps, written }: Done,
): string | undefined {
  const [file, link] = [`/etc/systemd/system/${TEMPLATES.rathole}`, linkPath(name)];
  if (unit === undefined) return 'absent';
  if (unit.active !== 'active') return `it is ${unit.active}`;
  if (written.has(TEMPLATES.rathole)) return 'its unit changes';
  if (steps.some((step) => step.kind === 'make-link' && step.path === link)) return 'its rathole changes';
  const authority = `${clientFolder(name)}/ca.pem`;
  if (steps.some((step) => step.kind === 'write-file' && step.path === authority))
    return "its server's authority changes";
  if (unit.executable !== program)
    return `it runs ${unit.executable || 'an unknown program'}, not ${program}`;
  return [file, link].some((path) => startedBefore(view, unit, path)) ? STALE : undefined;
}
