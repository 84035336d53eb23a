import type { DesiredServer } from '../../model/desired.ts';
import { type HostPlan, isStuck, type PlannedRotation } from '../../model/plan.ts';
import type { RotationRecord } from '../../model/rotation.ts';
import type { Step } from '../../model/step.ts';
import { isToBeEnrolled } from '../enrollment.ts';
import type { FoundServer } from '../found-services.ts';
import { type Part, part } from '../part.ts';
import type { View } from '../view.ts';
import type { Services } from '../wanted-services.ts';
import { forecastRotations } from './forecast.ts';
import { decisionsFor } from './listing.ts';
import { isAction } from './plan.ts';
import { inMotion } from './record.ts';

/** What is due by age or on its way; and what an apply does about it, last of all, with what is worth knowing. */
export function dueRotations(
  view: View,
  server: DesiredServer,
  found: FoundServer,
  services: Services,
): Pick<HostPlan, 'rotations'> & { readonly part: Part } {
  const records = recordsAfter(view, found, services);
  const decisions = decisionsFor(view, server, records, () => 'none');
  const moves = ({ service, verdict }: PlannedRotation) =>
    isAction(verdict) || (verdict === 'wait' && isMoving(records.get(service)));
  const moving = decisions.filter(moves);
  const rotations = decisions.filter((each) => moves(each) || isStuck(each));
  const notes = decisions.filter((each) => !rotations.includes(each)).flatMap(noteOf);
  if (!moving.some(({ verdict }) => isAction(verdict))) return { rotations, part: part({ notes }) };
  const interrupts = forecastRotations(view, server, moving);
  const names = moving.map(({ service }) => service).sort();
  const step: Step = {
    ...{ kind: 'rotate', order: 'due', services: names, due: true },
    ...(interrupts && { interrupts }),
  };
  return { rotations, part: part({ steps: [step], notes }) };
}

const isMoving = (record: RotationRecord | undefined) => record !== undefined && inMotion(record);

/** `nothing` is worth a word only for a token that is about to be rotated. */
function noteOf({ service, verdict, rule, reason }: PlannedRotation): readonly string[] {
  return verdict === 'nothing' && rule !== 'expiring' ? [] : [`service ${service}: ${reason}`];
}

/** Records as they will be once the steps are done: a service that is enrolled by them counts already. */
function recordsAfter(
  view: View,
  found: FoundServer,
  { wanted }: Services,
): ReadonlyMap<string, RotationRecord> {
  const enrolled = wanted.flatMap((each) => {
    if (each.kind !== 'declared' || !isToBeEnrolled(found.records[each.service], each)) return [];
    const { service, generation } = each;
    const record: RotationRecord = {
      ...{ phase: 'steady', current: generation, next: 0, stagedAt: 0, finalizeAt: 0 },
      highest: Math.max(generation, found.highest.get(service) ?? 0),
      rotatedAt: each.found === undefined ? view.clock : undefined,
    };
    return [[service, record] as const];
  });
  return new Map([...Object.entries(found.records), ...enrolled]);
}
