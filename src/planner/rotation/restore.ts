import { BACKUPS, ROTATE, STATE } from '../../artifacts/paths.ts';
import type { ServiceComment } from '../../artifacts/service-comment.ts';
import type { Desired, DesiredServer } from '../../model/desired.ts';
import type { Facts, Observed } from '../../model/observed.ts';
import type { HostPlan, Plan, PlannedRotation, Refusal } from '../../model/plan.ts';
import { RULES } from '../../model/rotation/table.ts';
import type { Step } from '../../model/step.ts';
import { digestOf } from '../digest.ts';
import { findServices } from '../found-services.ts';
import { type View, viewOf } from '../view.ts';
import { nextGeneration } from './generation.ts';
import { planOpening, restoredService } from './restored.ts';

const BACKUP = /^server\.toml\.\d{8}_\d{6}$/;

/** A backup of server.toml that is on a host: the one of that name, or the newest; undefined: it is not there. */
export const backupOn = (facts: Facts, name: string | undefined): string | undefined =>
  backupsOn(facts).findLast((each) => name === undefined || each === name);

/** The names of a host's backups of server.toml, the oldest first. */
const backupsOn = ({ files }: Facts): readonly string[] =>
  Object.keys(files.kind === 'present' ? files.value : {})
    .filter((path) => path.startsWith(`${BACKUPS}/`))
    .map((path) => path.slice(BACKUPS.length + 1))
    .filter((name) => BACKUP.test(name))
    .sort();

/** Backups that a refusal names. */
const SHOWN = 5;

/** What a host's backup tells: which services there were, by the comments above their tables. */
export type Backups = ReadonlyMap<string, readonly ServiceComment[]>;

/**
 * Brings back services that a backup has and that were removed since, never the tokens that it has. nginx opens their
 * public addresses in the same plan, so that the whole is seen before anything is done.
 */
export function planRestore(desired: Desired, observed: readonly Observed[], backups: Backups): Plan {
  const facts = new Map(observed.map((each) => [each.host, each.facts]));
  const clients = new Set(desired.clients.map(({ name }) => name));
  const hosts = [...desired.servers]
    .sort((a, b) => (a.host.name < b.host.name ? -1 : 1))
    .flatMap((server) => {
      const seen = facts.get(server.host.name);
      const backup = backups.get(server.host.name);
      return seen === undefined ? [] : [planHostRestore(server, seen, backup, clients)];
    });
  return { digest: digestOf(hosts, (host) => facts.get(host)), order: 'restore', hosts };
}

function planHostRestore(
  server: DesiredServer,
  facts: Facts,
  backup: readonly ServiceComment[] | undefined,
  clients: ReadonlySet<string>,
): HostPlan {
  const empty = { changes: [], steps: [], refusals: [], notes: [], rotations: [] };
  const shell = { host: server.host.name, tunnel: server.tunnel, ...empty };
  const view = viewOf(facts);
  if (!('rotations' in view)) return { ...shell, refusals: view };
  if (backup === undefined) return { ...shell, refusals: [noBackup(facts)] };
  if (backup.length === 0) return { ...shell, refusals: [emptyBackup(facts)] };
  const found = findServices(view);
  if (!('services' in found)) return { ...shell, refusals: found };
  const there = [...new Map(backup.map((each) => [each.service, each])).values()].sort(byService);
  const gone = there.filter(({ service }) => view.rotations[service]?.phase === 'gone');
  const notes = notesOn(view, there);
  const refusals = gone.flatMap((each) => hindrance(view, server, each, clients));
  if (gone.length === 0 || refusals.length > 0) return { ...shell, refusals, notes };
  const rotations = gone.map(({ service }) => issue(view, service));
  const back = rotations.flatMap(({ service, next }) => restoredService(view, service, next) ?? []);
  const opened = planOpening({ view, server, found, back, clients });
  const rotate: Step = {
    kind: 'rotate',
    order: 'restore',
    services: rotations.map(({ service }) => service),
  };
  return {
    ...shell,
    ...opened,
    steps: [...opened.steps, rotate],
    rotations,
    notes: [...opened.notes, ...notes],
  };
}

function byService(a: ServiceComment, b: ServiceComment): number {
  return a.service < b.service ? -1 : 1;
}

function issue(view: View, service: string): PlannedRotation {
  const rule = RULES.find(({ name }) => name === 'restore-gone');
  const record = view.rotations[service];
  if (rule === undefined || record === undefined) throw new Error(`${service} cannot be restored`);
  const { name, verdict, reason } = rule;
  return { service, current: 0, next: nextGeneration(record), finalizeAt: 0, rule: name, verdict, reason };
}

/** Why a service that is gone cannot be brought back from here. */
function hindrance(
  view: View,
  server: DesiredServer,
  { service, client }: ServiceComment,
  clients: ReadonlySet<string>,
): readonly Refusal[] {
  const declared = server.services.some(({ name }) => name === service);
  const remedy = 'Put it into the playbook and apply: it comes back with a new number and a new token.';
  if (declared)
    return [
      { rule: 'restore-declared', message: `service ${service} is in the playbook`, remedy: 'Apply it.' },
    ];
  if (server.prune) {
    return [
      {
        rule: 'restore-pruned',
        message: `the next apply would remove ${service} again (\`prune: true\`)`,
        remedy,
      },
    ];
  }
  const isServed = clients.has(client) && view.files[`${STATE}/pull/${client}`] !== undefined;
  if (!isServed)
    return [
      {
        rule: 'restore-client',
        message: `the client of ${service}, ${client}, is not served any more`,
        remedy,
      },
    ];
  if (view.files[ROTATE] !== undefined && restoredService(view, service, 1) !== undefined) return [];
  return [
    {
      rule: 'restore-unknown',
      message: `the host does not know any more how ${service} was served`,
      remedy,
    },
  ];
}

/** What a restore leaves as it is. */
function notesOn(view: View, there: readonly ServiceComment[]): readonly string[] {
  const names = new Set(there.map(({ service }) => service));
  const later = Object.entries(view.rotations).filter(
    ([name, { phase }]) => phase !== 'gone' && !names.has(name),
  );
  return [
    ...there.flatMap(({ service }) =>
      view.rotations[service] === undefined
        ? [`service ${service} is in the backup, and nothing else is known of it: put it into the playbook`]
        : [],
    ),
    ...later.map(([name]) => `service ${name} is not in the backup; it stays`).sort(),
  ];
}

const noBackup = (facts: Facts): Refusal => ({
  rule: 'no-backup',
  message: `there is no such backup in ${BACKUPS}`,
  remedy: choice(facts),
});

const emptyBackup = (facts: Facts): Refusal => ({
  rule: 'backup-empty',
  message: 'that backup names no service of ours: it is damaged, or older than the first apply',
  remedy: choice(facts),
});

/** The newest come first: they are wanted most often. */
function choice(facts: Facts): string {
  const there = backupsOn(facts).toReversed();
  if (there.length === 0) return 'The host has none: put the service into the playbook and apply.';
  const older = there.length - SHOWN;
  return `Name one that is there: ${there.slice(0, SHOWN).join(', ')}${older > 0 ? `, and ${older} older` : ''}.`;
}
