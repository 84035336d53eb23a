import { type OrderOptions, orderOptions, runOrder } from './order.ts';
import type { DefineVerb } from './verb.ts';

/** `reconcile finalize`: not to wait for finalize_at. */
export const finalize: DefineVerb = (program, end) => {
  const command = program
    .command('finalize')
    .description(
      'End rotations before their time where that is safe: the client is seen to have come, or nobody is served.',
    );
  orderOptions(command, 'finalize').action((playbooks: string[], options: OrderOptions) =>
    end(runOrder(playbooks, { ...options, wait: false }, 'finalize')),
  );
};
