import type { DesiredServer } from '../model/desired.ts';
import type { Step } from '../model/step.ts';
import type { FoundServer, FoundService } from './found-services.ts';
import { type Part, part } from './part.ts';
import { inMotion } from './rotation/record.ts';
import type { Services } from './wanted-services.ts';

/**
 * One line in the audit log for each token that this plan makes, and for each that ends with it. Before both, so that
 * a transaction that is killed says it when it is done again.
 */
export function planTokenAudit(server: DesiredServer, found: FoundServer, { wanted }: Services): Part {
  const made = wanted.flatMap((each) => {
    if (each.kind !== 'declared' || each.found !== undefined) return [];
    const { service, generation } = each;
    return [line('make', service, generation, whyMade(found, service, each.declared.client))];
  });
  const stays = new Set<unknown>(wanted.map((each) => each.found));
  const served = new Set(wanted.map(({ service, generation }) => `${service} ${generation}`));
  const ended = found.services
    .filter((each) => !stays.has(each) && !served.has(`${each.service} ${each.generation}`))
    .flatMap((each) => revoked(found, each, whyRevoked(server, each)));
  return part({ steps: [...made, ...unique(ended)] });
}

/** In place a token that is on its way is in no file that rathole reads: it ends with the one that is served. */
function revoked(
  { records, services }: FoundServer,
  { service, generation }: FoundService,
  reason: string,
): readonly Step[] {
  const record = records[service];
  const onItsWay = record !== undefined && inMotion(record) ? record.next : 0;
  const unserved =
    onItsWay !== 0 && !services.some((each) => each.service === service && each.generation === onItsWay);
  return [generation, ...(unserved ? [onItsWay] : [])].map((each) => line('revoke', service, each, reason));
}

/** A service that somebody wrote by hand may have any name: the log gets it as it fits between its quotes. */
const line = (action: 'make' | 'revoke', service: string, number: number, reason: string): Step => ({
  kind: 'audit-secret',
  secret: 'token',
  action,
  target: service.replaceAll(/["\\]|\p{C}/gu, '?'),
  number,
  reason,
});

function whyMade({ services, records }: FoundServer, service: string, client: string): string {
  const former = services.filter((each) => each.service === service);
  if (former.some(({ comment }) => comment !== undefined && comment.client !== client)) {
    return `the service moved to client ${client}`;
  }
  if (former.length > 0) return 'the service has another cutover';
  const record = records[service];
  if (record === undefined) return 'the service is new';
  return record.phase === 'gone' ? 'the service comes back' : 'its token was lost';
}

function whyRevoked({ services }: DesiredServer, { service, comment }: FoundService): string {
  const declared = services.find(({ name }) => name === service);
  if (declared === undefined) return 'the service is not in the playbook';
  if (comment !== undefined && comment.client !== declared.client) {
    return `the service moved to client ${declared.client}`;
  }
  return 'not the generation in use';
}

function unique(steps: readonly Step[]): readonly Step[] {
  return [...new Map(steps.map((step) => [JSON.stringify(step), step])).values()];
}
