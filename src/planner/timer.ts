import type { Step } from '../model/step.ts';
import { planFile, ROOT_FILE } from './files.ts';
import { join, NOTHING, type Part, part } from './part.ts';
import { planEnabled } from './units.ts';
import type { View } from './view.ts';

/** A timer of ours and what it starts: their files as systemd knows them, enabled, and at work. */
export function planTimer(view: View, timer: string, texts: Readonly<Record<string, string>>): Part {
  const files = join(
    Object.entries(texts).map(([unit, text]) =>
      planFile(view, { path: `/etc/systemd/system/${unit}`, text, ...ROOT_FILE }),
    ),
  );
  const written = files.steps.some(({ kind }) => kind === 'write-file');
  const stale = written
    ? []
    : Object.keys(texts).filter((unit) => view.units[unit]?.needDaemonReload === true);
  const drift = part({
    changes: stale.map((unit) => ({
      ...{ kind: 'update' as const, target: `unit ${unit}`, before: 'not loaded', after: 'loaded' },
      cause: 'on disk but not loaded: systemd knows an older file',
    })),
  });
  const reload: readonly Step[] = written || stale.length > 0 ? [{ kind: 'reload-systemd' }] : [];
  return join([
    files,
    drift,
    part({ steps: reload }),
    planEnabled(view, timer),
    planRunning(view, timer, written),
  ]);
}

/** A timer goes by its old times until it is started anew. */
function planRunning(view: View, timer: string, written: boolean): Part {
  const found = view.units[timer];
  const unit = { unit: timer, listens: [] } as const;
  if (found?.load === 'masked') return NOTHING;
  if (found?.active === 'active') return part({ steps: written ? [{ kind: 'restart-unit', ...unit }] : [] });
  const target = `unit ${timer}`;
  const change =
    found === undefined
      ? ({ kind: 'create', target, cause: 'absent', after: 'active' } as const)
      : ({
          kind: 'update',
          target,
          cause: `it is ${found.active}`,
          before: found.active,
          after: 'active',
        } as const);
  return part({ changes: [change], steps: [{ kind: 'start-unit', ...unit }] });
}
