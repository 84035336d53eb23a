import { addWaitOptions, clientOption } from './options.ts';
import { type OrderOptions, orderOptions, runOrder } from './order.ts';
import type { DefineVerb } from './verb.ts';

/** `reconcile rotate`: new tokens now, whatever the age of the old ones. */
export const rotate: DefineVerb = (program, end) => {
  const command = program
    .command('rotate')
    .description(
      'Give services new tokens now; the old ones end once their clients have come with the new ones.',
    )
    .option(
      '--compromised',
      'every token given out so far ends at once, and its connections are cut; clients come back with their next pull',
      false,
    );
  addWaitOptions(orderOptions(command, 'rotate').addOption(clientOption().conflicts('service'))).action(
    (playbooks: string[], options: OrderOptions & { readonly compromised: boolean }) =>
      end(runOrder(playbooks, options, options.compromised ? 'compromised' : 'rotate')),
  );
};
