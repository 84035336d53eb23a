import { type OrderOptions, orderOptions, runOrder } from './order.ts';
import type { DefineVerb } from './verb.ts';

/** `reconcile cancel`: back to the old token. */
export const cancel: DefineVerb = (program, end) => {
  const command = program
    .command('cancel')
    .description(
      'Call off rotations that are on their way: the old tokens stay, the new ones are never used again.',
    );
  orderOptions(command, 'cancel').action((playbooks: string[], options: OrderOptions) =>
    end(runOrder(playbooks, { ...options, wait: false }, 'cancel')),
  );
};
