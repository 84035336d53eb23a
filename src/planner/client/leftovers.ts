import { clientInstances, clientUnits, SYNC_PROGRAM } from '../../artifacts/bundle/units.ts';
import { clientFolder, ETC, OBSERVE, PROGRAMS, SERVER_UNIT } from '../../artifacts/paths.ts';
import type { PossibleServer } from '../../model/desired.ts';
import type { Step } from '../../model/step.ts';
import { once } from '../once.ts';
import { join, NOTHING, type Part, part } from '../part.ts';
import { removal } from '../pull/keys.ts';
import type { View } from '../view.ts';
import { linkPath } from './files.ts';

const prunedByName = once(
  (possible: readonly PossibleServer[]) => new Map(possible.map(({ name, prune }) => [name, prune])),
);

/**
 * What is here of servers that the client does not join any more. A server of a tunnel that these playbooks do not have
 * may be another run's.
 */
export function planLeftovers(
  view: View,
  joined: readonly string[],
  possible: readonly PossibleServer[],
): Part {
  const found = Object.keys(view.files).flatMap(
    (path) => /^\/etc\/rathole\/([^/]+)\/key$/.exec(path)?.[1] ?? [],
  );
  const left = found.filter((name) => !joined.includes(name)).sort();
  const pruned = left.filter((name) => prunedByName(possible).get(name) === true);
  const kept = left.filter((name) => !pruned.includes(name));
  const notes = kept.map((name) => keptNote(name, prunedByName(possible).has(name)));
  const isLast = joined.length + kept.length === 0;
  return join([
    ...pruned.map((name) => planServerGone(view, name)),
    pruned.length > 0 && isLast ? planAllGone(view, pruned) : NOTHING,
    part({ notes }),
  ]);
}

const keptNote = (name: string, isKnown: boolean) =>
  isKnown
    ? `this client does not join ${name} any more; what runs for it is kept (\`prune: true\` removes it)`
    : `${clientFolder(name)} is of a server that these playbooks do not have; it is left alone`;

const CAUSE = 'the client does not join this server any more';

function planServerGone({ units }: View, name: string): Part {
  const { rathole, timer, path, firstSync } = clientInstances(name);
  const running = [timer, path, rathole, firstSync].filter(
    (unit) => units[unit]?.active === 'active' || units[unit]?.enabled === 'enabled',
  );
  const folder = clientFolder(name);
  return part({
    changes: [...running.map((unit) => `unit ${unit}`), folder].map(gone),
    steps: [
      ...running.map((unit): Step => ({ kind: 'disable-unit', unit })),
      { kind: 'remove-folder', path: folder },
    ],
  });
}

/** With the last server goes what all of them share, but for what a rathole server here uses too. */
function planAllGone({ files, units }: View, names: readonly string[]): Part {
  const server = units[SERVER_UNIT] !== undefined;
  const programs = names.flatMap((name) => files[linkPath(name)]?.target ?? []);
  const paths = [
    ...clientUnits(1).map(({ name }) => `/etc/systemd/system/${name}`),
    SYNC_PROGRAM,
    ...(server ? [] : [OBSERVE, ...new Set(programs.filter((path) => path.startsWith(`${PROGRAMS}/`)))]),
  ].filter((path) => files[path] !== undefined);
  return part({
    changes: paths.map(gone),
    steps: [...paths.flatMap((path) => removal(path, files[path]?.sha256)), { kind: 'reload-systemd' }],
    notes: [`the user rathole and the folder ${ETC} stay`],
  });
}

const gone = (target: string) => ({ kind: 'delete', target, cause: CAUSE, before: '' }) as const;
