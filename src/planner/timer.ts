import type { Step } from '../model/step.ts';
import { NOTHING, type Part, part } from './part.ts';
import type { View } from './view.ts';

/**
 * A timer of ours at work, or a unit that waits for a file. It goes by its old times until it is started anew: `written`
 * says whether they changed.
 */
export function planActive(view: View, name: string, written: boolean): Part {
  const found = view.units[name];
  const unit = { unit: name, listens: [] } as const;
  if (found?.load === 'masked') return NOTHING;
  const restart: readonly Step[] = written ? [{ kind: 'restart-unit', ...unit }] : [];
  if (found?.active === 'active') return part({ steps: restart });
  const target = `unit ${name}`;
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
