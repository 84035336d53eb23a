import { rotationFolder } from '../../artifacts/paths.ts';
import type { Attention, AttentionRule, ServiceStatus } from '../../model/status.ts';
import { roughDuration } from '../../spec/duration.ts';
import { isAction } from '../rotation/plan.ts';
import { inMotion } from '../rotation/record.ts';
import type { View } from '../view.ts';
import type { Recorded } from './service.ts';

/** The host's timer comes every 15 s; what it has left undone for so long it does not do. */
const STUCK_SECONDS = 60;

/**
 * What to look at of one service.
 *
 * @param settled whether its client has had time enough to serve it
 */
export function serviceAttention(
  view: View,
  status: ServiceStatus,
  recorded: Recorded | undefined,
  settled: boolean,
): readonly Attention[] {
  const found = [
    ...(recorded === undefined || recorded.record.phase === 'gone' ? [notApplied(status)] : []),
    ...tokenFindings(status),
    ...(recorded === undefined ? [] : rotationFindings(view, recorded)),
    ...listenerFindings(status, settled),
  ];
  const subject = { kind: 'service', name: status.service } as const;
  return found.map(([rule, message]) => ({ rule, subject, message }));
}

type Finding = readonly [rule: AttentionRule, message: string];

function notApplied({ state }: ServiceStatus): Finding {
  const message = state === 'gone' ? 'is not served any more' : 'is not on the host yet';
  return ['not-applied', `${message}: apply the playbook`];
}

function tokenFindings({ token }: ServiceStatus): readonly Finding[] {
  switch (token?.state) {
    case 'expiring':
      return [['token-expiring', 'its token reaches max_age within warn_before']];
    case 'overdue':
      return [['token-overdue', `its token is ${roughDuration(token.age ?? 0)} old, more than max_age`]];
    case 'unknown':
      return [['token-overdue', 'nobody knows how old its token is']];
    default:
      return [];
  }
}

function rotationFindings(view: View, { record, decision }: Recorded): readonly Finding[] {
  const { verdict, reason, service } = decision;
  if (verdict === 'hold') return [['rotation-held', reason]];
  if (verdict === 'refuse') return [['rotation-refused', reason]];
  const ahead = record.stagedAt - view.clock;
  if (inMotion(record) && ahead > STUCK_SECONDS) {
    const until = `the host's clock was set back, and is ${roughDuration(Math.floor(ahead))} behind its staging`;
    return [['rotation-stuck', `${until}: \`reconcile cancel\` ends it, else it waits until then`]];
  }
  if (!inMotion(record) || !isAction(verdict)) return [];
  const decidedAt = view.files[`${rotationFolder(service)}/record`]?.modified ?? view.clock;
  const dueAt = record.phase === 'staged' ? Math.max(record.finalizeAt, decidedAt) : decidedAt;
  const message = `${reason}, for ${roughDuration(Math.floor(view.clock - dueAt))}: does reconcile-finalize.timer run?`;
  return view.clock - dueAt < STUCK_SECONDS ? [] : [['rotation-stuck', message]];
}

/** Nobody can tell why a client that did not pull serves nothing; that it did not pull is said of the client. */
function listenerFindings({ generations, client }: ServiceStatus, settled: boolean): readonly Finding[] {
  const seen = (listener: string) => generations.some((each) => each.listener === listener);
  if (seen('foreign')) return [['foreign-listener', 'another program listens where rathole should']];
  if (seen('unseen')) return [['unseen-listener', 'who listens where rathole should cannot be seen']];
  if (!settled || generations.length === 0 || seen('ours')) return [];
  return [['no-listener', `${client} has polled, and does not serve it: see rathole-client's log there`]];
}
