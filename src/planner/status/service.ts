import { SERVER_UNIT } from '../../artifacts/paths.ts';
import { ratholeBind } from '../../artifacts/slot.ts';
import { formatAddress } from '../../codec/address.ts';
import type { DesiredServer, DesiredService, RotationPolicy } from '../../model/desired.ts';
import type { PlannedRotation } from '../../model/plan.ts';
import type { RotationRecord } from '../../model/rotation.ts';
import type { GenerationStatus, ServiceStatus, TokenStatus } from '../../model/status.ts';
import { connectionsAt } from '../forecast.ts';
import { servedGenerations } from '../rotation/generation.ts';
import { inMotion } from '../rotation/record.ts';
import { ageOf, readSlot } from '../rotation/situation.ts';
import type { View } from '../view.ts';
import { ageAt } from './client.ts';

/** What is on record of a service, and what the table of rotation answers when nobody asks for anything. */
export interface Recorded {
  readonly record: RotationRecord;
  readonly decision: PlannedRotation;
}

export function serviceStatus(
  view: View,
  { rotation: policy }: DesiredServer,
  service: DesiredService,
  recorded: Recorded | undefined,
): ServiceStatus {
  const { name, client, protocol, bind, cutover } = service;
  const shell = { service: name, client, protocol, bind: formatAddress(bind) };
  if (recorded === undefined) return { ...shell, state: 'absent', generations: [] };
  const { record } = recorded;
  return {
    ...shell,
    state: stateOf(recorded),
    generations: servedGenerations(cutover, record).map((number) => generationStatus(view, service, number)),
    ...(record.current === 0 ? {} : { token: tokenStatus(record, policy, view.clock) }),
    ...(protocol === 'tcp' ? { connections: connectionsAt(view, [bind]) } : {}),
    ...(inMotion(record) ? { rotation: rotationStatus(recorded) } : {}),
  };
}

function stateOf({ record, decision: { verdict, rule } }: Recorded): ServiceStatus['state'] {
  if (record.phase !== 'staged') return record.phase;
  if (verdict === 'hold') return 'held';
  return rule.startsWith('verified') ? 'verified' : 'staged';
}

function generationStatus(view: View, service: DesiredService, generation: number): GenerationStatus {
  const slot = { protocol: service.protocol, ...ratholeBind(service, generation) };
  const pid = view.units[SERVER_UNIT]?.mainPid ?? 0;
  return { generation, listener: readSlot(view.listeners, slot, pid) };
}

function tokenStatus({ rotatedAt }: RotationRecord, policy: RotationPolicy, now: number): TokenStatus {
  const state = ageOf(rotatedAt, policy, now);
  if (rotatedAt === undefined) return { state };
  const { maxAge } = policy;
  return {
    state,
    age: ageAt(now, rotatedAt),
    ...(maxAge === undefined ? {} : { dueAt: rotatedAt + maxAge }),
  };
}

function rotationStatus({ record, decision }: Recorded): NonNullable<ServiceStatus['rotation']> {
  const { next, finalizeAt } = record;
  return { next, ...(finalizeAt === 0 ? {} : { finalizeAt }), missing: decision.reason };
}
