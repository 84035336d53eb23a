import type { Command } from 'commander';
import { type ExitCode, ReconcileError } from '../model/errors.ts';
import type { Consent } from '../model/plan.ts';
import type { Asking } from '../planner/rotation/order.ts';
import { show } from '../spec/findings.ts';
import { nearest } from '../spec/suggest.ts';
import {
  allowOption,
  carriedOutStatuses,
  forksOption,
  limitOption,
  serviceOption,
  sshConfigOption,
} from './options.ts';

export interface OrderOptions {
  readonly inventory: string;
  readonly limit?: string;
  readonly service?: readonly string[];
  readonly client?: readonly string[];
  readonly yes: boolean;
  readonly allow: readonly Consent[];
  readonly forks: number;
  readonly sshConfig?: string;
  readonly wait?: boolean;
}

/** What the verbs have in common that ask hosts for something about a rotation. */
export function orderOptions(command: Command, whose: string): Command {
  return command
    .argument('<playbook...>', 'the playbooks that belong together')
    .requiredOption('-i, --inventory <path>', 'inventory file or folder')
    .addOption(limitOption())
    .addOption(serviceOption(whose))
    .option('-y, --yes', 'ask nothing', false)
    .addOption(allowOption())
    .addOption(forksOption())
    .addOption(sshConfigOption())
    .addHelpText('after', carriedOutStatuses());
}

/** Plans an order, shows it, asks, and carries it out. */
export async function runOrder(
  playbooks: readonly string[],
  options: OrderOptions,
  order: Asking['order'],
): Promise<ExitCode> {
  const [{ withSight }, { planOrder }, { carryOut }] = await Promise.all([
    import('./planning.ts'),
    import('../planner/rotation/order.ts'),
    import('./carry-out.ts'),
  ]);
  return withSight({ ...options, playbooks }, ({ observed, ...sight }) => {
    const services = knownServices(sight.desired, options.service);
    const clients = knownClients(sight.desired, options.client);
    const asking = { order, ...(services && { services }), ...(clients && { clients }) };
    const plan = planOrder(sight.desired, observed, asking);
    return carryOut({ ...sight, plan }, { ...options, unasked: 'give --yes' });
  });
}

/** @throws ReconcileError `invalid` for a client that no playbook declares */
function knownClients(
  { clients }: { readonly clients: readonly { readonly name: string }[] },
  asked: readonly string[] | undefined,
): readonly string[] | undefined {
  const known = clients.map(({ name }) => name);
  refuseUnknown(asked, known, '--client: no playbook declares', 'clients');
  return asked;
}

/** @throws ReconcileError `invalid` for a name that no playbook has on these hosts */
export function knownServices(
  { servers }: { readonly servers: readonly { readonly services: readonly { readonly name: string }[] }[] },
  asked: readonly string[] | undefined,
): readonly string[] | undefined {
  const known = new Set(servers.flatMap(({ services }) => services.map(({ name }) => name)));
  refuseUnknown(asked, [...known].sort(), '--service: these hosts have no service', 'services');
  return asked;
}

function refuseUnknown(
  asked: readonly string[] = [],
  known: readonly string[],
  complaint: string,
  kind: string,
): void {
  const unknown = [...new Set(asked)].filter((name) => !known.includes(name));
  if (unknown.length === 0) return;
  const meant = unknown.flatMap((name) => nearest(name, known) ?? []);
  const remedy = meant.length > 0 ? `did you mean ${listed(meant)}?` : `the ${kind} are ${listed(known)}`;
  throw new ReconcileError('invalid', `${complaint} ${listed(unknown.map(show))}`, remedy);
}

const MOST_NAMES = 20;

function listed(names: readonly string[]): string {
  const more = names.length - MOST_NAMES;
  return `${names.slice(0, MOST_NAMES).join(', ')}${more > 0 ? ` and ${more} more` : ''}` || 'none';
}
