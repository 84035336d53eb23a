import { formatAddress } from '../../codec/address.ts';
import type { Attention, KeptService } from '../../model/status.ts';
import type { Undeclared } from '../undeclared.ts';

export function keptService({ service, protocol, bind }: Undeclared): KeptService {
  return { service, protocol, ...(bind && { bind: formatAddress(bind) }) };
}

export function sharedAddresses(kept: readonly Undeclared[]): readonly Attention[] {
  return kept.flatMap(({ service, taker }): readonly Attention[] => {
    if (taker === undefined) return [];
    const message = `is not in the playbook, and is kept at the address of ${taker}: \`prune: true\` removes it`;
    return [{ rule: 'address-shared', subject: { kind: 'service', name: service }, message }];
  });
}
