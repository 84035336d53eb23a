import { rotationFolder } from '../artifacts/paths.ts';
import { recordText } from '../codec/record.ts';
import type { DesiredServer } from '../model/desired.ts';
import type { RotationRecord } from '../model/rotation.ts';
import type { Step } from '../model/step.ts';
import { expectationOf, obstacleAt, PRIVATE_FILE, planOwnership } from './files.ts';
import type { FoundServer } from './found-services.ts';
import { join, type Part, part } from './part.ts';
import { inMotion } from './rotation/record.ts';
import type { View } from './view.ts';
import { hasMoved, type Services, type WantedService } from './wanted-services.ts';

/** The record that a service has once its plan was carried out. */
export type Enrolled = WantedService & { readonly kind: 'declared' };

/** Brings the records to what is served: of new services, of found ones, and of those that are removed. */
export function planEnrollment(
  view: View,
  server: DesiredServer,
  found: FoundServer,
  services: Services,
): Part {
  const declared = services.wanted.filter((each) => each.kind === 'declared');
  const leaving = leavingServices(server, found, services);
  return join([
    ...declared.map((each) => enroll(view, found, each)),
    ...leaving.map((service) => dismiss(view, found, service)),
  ]);
}

function enroll(view: View, found: FoundServer, wanted: Enrolled): Part {
  const { service, generation } = wanted;
  const path = `${rotationFolder(service)}/record`;
  const file = view.files[path];
  const obstacle = obstacleAt(path, file);
  if (obstacle) return part({ refusals: [obstacle] });
  const record = found.records[service];
  if (file !== undefined && record !== undefined && !isToBeEnrolled(record, wanted)) {
    return planOwnership(path, file, PRIVATE_FILE);
  }
  const highest = Math.max(generation, found.highest.get(service) ?? 0);
  const made = wanted.found === undefined;
  const step: Step = {
    kind: 'enroll',
    service,
    generation,
    highest,
    made,
    path,
    expect: expectationOf(file),
  };
  const after = `generation ${generation}, ${made ? 'made by this plan' : 'of unknown age'}`;
  const target = `rotation of ${service}`;
  if (record === undefined) {
    return part({ changes: [{ kind: 'create', target, cause: 'absent', after }], steps: [step] });
  }
  const cause = whyOtherwise(found, record, wanted);
  return part({
    changes: [{ kind: 'update', target, cause, before: shown(record), after }],
    steps: [step],
  });
}

function whyOtherwise(found: FoundServer, record: RotationRecord, { service, declared }: Enrolled): string {
  if (record.phase === 'gone') return 'the service comes back';
  const former = found.services.find((each) => each.service === service && hasMoved(declared, each));
  if (former?.comment !== undefined)
    return `moves from client ${former.comment.client} to ${declared.client}`;
  const there = found.services.some(
    (each) => each.service === service && Math.max(each.generation, 1) === record.current,
  );
  if (there) return `generation ${record.current} has another cutover`;
  return `the record says generation ${record.current}, which is not there`;
}

/** Whether the record must say something else. */
export function isToBeEnrolled(record: RotationRecord | undefined, { generation }: Enrolled): boolean {
  return record?.phase !== 'steady' || record.current !== generation;
}

/** Enrolled services that are not served any more, or were removed while their rotation was under way. */
function leavingServices(
  server: DesiredServer,
  { records }: FoundServer,
  { wanted, removed }: Services,
): readonly string[] {
  const stays = new Set(
    [...server.services, ...wanted].map((each) => ('name' in each ? each.name : each.service)),
  );
  const goes = new Set(removed.map(({ service }) => service));
  return Object.entries(records)
    .filter(([service, { phase }]) => phase !== 'gone' && !stays.has(service))
    .filter(([service, record]) => server.prune || goes.has(service) || !inMotion(record))
    .map(([service]) => service)
    .sort();
}

/** The record stays, for its numbers; so do policy and templates, for a restore. Tokens on their way go. */
function dismiss(view: View, { records, highest }: FoundServer, service: string): Part {
  const path = `${rotationFolder(service)}/record`;
  const file = view.files[path];
  const obstacle = obstacleAt(path, file);
  if (obstacle) return part({ refusals: [obstacle] });
  const record = records[service];
  if (record === undefined) return part({});
  const gone: RotationRecord = {
    ...{ phase: 'gone', current: 0, next: 0, stagedAt: 0, finalizeAt: 0, rotatedAt: undefined },
    highest: Math.max(record.highest, highest.get(service) ?? 0),
  };
  const cause = inMotion(record) ? 'removed in the middle of a rotation' : 'not in the playbook';
  return part({
    changes: [
      { kind: 'update', target: `rotation of ${service}`, cause, before: shown(record), after: 'gone' },
    ],
    steps: [
      { kind: 'write-file', path, text: recordText(gone), expect: expectationOf(file), ...PRIVATE_FILE },
      ...onTheirWay(view, service),
    ],
  });
}

function onTheirWay(view: View, service: string): readonly Step[] {
  const folder = `${rotationFolder(service)}/`;
  return Object.entries(view.files)
    .filter(([path]) => path.startsWith(folder) && /^g\d+\/[^/]+$/.test(path.slice(folder.length)))
    .map(([path, file]) => ({ kind: 'remove-file' as const, path, expect: expectationOf(file) }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

function shown({ phase, current, next }: RotationRecord): string {
  return next === 0 ? `${phase}, generation ${current}` : `${phase}, generation ${current} to ${next}`;
}
