import { ROTATE, SERVER_UNIT } from '../../artifacts/paths.ts';
import type { Desired, DesiredClient, DesiredServer } from '../../model/desired.ts';
import type { Facts, Observed } from '../../model/observed.ts';
import type { HostPlan, Plan, PlannedRotation, Refusal } from '../../model/plan.ts';
import type { Order } from '../../model/rotation.ts';
import type { Step } from '../../model/step.ts';
import { digestOf } from '../digest.ts';
import { forecastRestart } from '../forecast.ts';
import { ratholeListens } from '../listening.ts';
import { NOTHING, type Part } from '../part.ts';
import { planKeyOrder } from '../pull/key-order.ts';
import { interruptionRefusals } from '../safety.ts';
import { undeclaredOn } from '../undeclared.ts';
import { type View, viewOf } from '../view.ts';
import { forecastRotations } from './forecast.ts';
import { decisionsFor } from './listing.ts';
import { inMotion } from './record.ts';

/** What a person asks the hosts for; without names: of every service that it can be meant for. */
export interface Asking {
  readonly order: Exclude<Order, 'none'>;
  readonly services?: readonly string[];
  /** Only the services of these clients, and with a new token or a compromise their API keys too. */
  readonly clients?: readonly string[];
}

/** What the hosts will do about it, as far as it can be seen from here; they decide again. */
export function planOrder(desired: Desired, observed: readonly Observed[], asking: Asking): Plan {
  const facts = new Map(observed.map((each) => [each.host, each.facts]));
  const hosts = [...desired.servers]
    .sort((a, b) => (a.host.name < b.host.name ? -1 : 1))
    .flatMap((server) => {
      const seen = facts.get(server.host.name);
      return seen === undefined ? [] : [planHostOrder(server, seen, asking, desired.clients)];
    });
  return { digest: digestOf(hosts, (host) => facts.get(host)), order: asking.order, hosts };
}

function planHostOrder(
  server: DesiredServer,
  facts: Facts,
  asking: Asking,
  clients: readonly DesiredClient[],
): HostPlan {
  const shell = {
    host: server.host.name,
    tunnel: server.tunnel,
    changes: [],
    steps: [],
    notes: [],
    rotations: [],
  };
  const view = viewOf(facts);
  if (!('rotations' in view)) return { ...shell, refusals: view };
  const names = askedFor(view, server, asking);
  const unready = [...unreadiness(view, names), ...sharedSlots(view, server, asking, names, clients)];
  if (unready.length > 0) return { ...shell, refusals: unready };
  if (names.length === 0 && isForStaged(asking)) {
    return { ...shell, refusals: [], notes: [`nothing is staged there: nothing to ${asking.order}`] };
  }
  const decisions = decisionsFor(view, server, new Map(Object.entries(view.rotations)), (name) =>
    names.includes(name) ? asking.order : undefined,
  ).filter(({ service }) => names.includes(service));
  const rotations = decisions.filter(({ verdict }) => verdict !== 'refuse' && verdict !== 'nothing');
  const keys = keysFor(view, server, asking, clients);
  // A compromised key would fetch the new tokens too: so it ends before they come.
  const steps = [...keys.steps, ...stepsFor(view, server, asking, rotations)];
  return {
    ...shell,
    changes: keys.changes,
    steps,
    rotations,
    notes: [
      ...keys.notes,
      ...decisions.flatMap(({ verdict, service, reason }) =>
        verdict === 'nothing' ? [`service ${service}: ${reason}`] : [],
      ),
    ],
    refusals: [
      ...keys.refusals,
      ...decisions.flatMap((each) => (each.verdict === 'refuse' ? [refusalOf(each)] : [])),
      ...(cuts(view, asking) ? [] : uncuttable(rotations)),
      ...interruptionRefusals(server, steps),
    ],
  };
}

/**
 * Without names an order is for those that it makes sense for: nobody is told what is not staged. On a host where
 * nothing was applied yet it is for all of them, and so refused.
 */
function askedFor(view: View, server: DesiredServer, asking: Asking): readonly string[] {
  const { services, clients } = asking;
  const declared = server.services
    .filter(({ client }) => clients === undefined || clients.includes(client))
    .map(({ name }) => name);
  if (services !== undefined) return declared.filter((name) => services.includes(name));
  const enrolled = declared.flatMap((name) => {
    const record = view.rotations[name];
    return record === undefined ? [] : [{ name, record }];
  });
  if (enrolled.length === 0) return declared;
  return enrolled.filter(({ record }) => !isForStaged(asking) || inMotion(record)).map(({ name }) => name);
}

const isForStaged = ({ order }: Asking) => order === 'cancel' || order === 'finalize';

/** Keys are asked for by the names of their clients only. */
function keysFor(
  view: View,
  server: DesiredServer,
  { order, clients }: Asking,
  declared: readonly DesiredClient[],
): Part {
  if (clients === undefined || (order !== 'compromised' && order !== 'rotate')) return NOTHING;
  return planKeyOrder(view, server, declared, clients, order);
}

function unreadiness(view: View, names: readonly string[]): readonly Refusal[] {
  const remedy = 'Apply the playbook first.';
  if (names.length > 0 && view.files[ROTATE] === undefined) {
    return [{ rule: 'rotate-missing', message: `${ROTATE} is not on the host`, remedy }];
  }
  return names
    .filter((name) => view.rotations[name] === undefined)
    .map((name) => ({ rule: 'not-enrolled', message: `service ${name} is not on the host yet`, remedy }));
}

/** A generation that another service is in the place of cannot come up, and a compromise would end the one that is. */
function sharedSlots(
  view: View,
  server: DesiredServer,
  { order }: Asking,
  names: readonly string[],
  clients: readonly DesiredClient[],
): readonly Refusal[] {
  if (order !== 'rotate' && order !== 'compromised') return [];
  return undeclaredOn(view, server, clients).flatMap(({ service, taker }): readonly Refusal[] => {
    if (taker === undefined || !names.includes(taker)) return [];
    const message = `service ${taker}: ${service}, which is not in the playbook, is kept at its address`;
    const remedy = `Set \`prune: true\` and apply, which removes ${service}; then ask again.`;
    return [{ rule: 'address-shared', message, remedy }];
  });
}

function refusalOf({ service, rule, reason }: PlannedRotation): Refusal {
  return { rule, message: `service ${service}: ${reason}`, remedy: '`reconcile plan` shows how it stands.' };
}

function stepsFor(
  view: View,
  server: DesiredServer,
  asking: Asking,
  rotations: readonly PlannedRotation[],
): readonly Step[] {
  if (rotations.length === 0) return [];
  const { order } = asking;
  const services = rotations.map(({ service }) => service).sort();
  const interrupts = forecastRotations(view, server, rotations);
  const rotate: Step = { kind: 'rotate', order, services, ...(interrupts && { interrupts }) };
  if (cuts(view, asking)) return [rotate];
  const restart = forecastRestart(view);
  const unit = { unit: SERVER_UNIT, listens: ratholeListens(server) };
  return [rotate, { kind: 'restart-unit', ...unit, ...(restart && { interrupts: restart }) }];
}

/** Whether the kernel can do all that the order needs. */
const cuts = (view: View, { order }: Asking) => order !== 'compromised' || view.socketKill !== false;

/** What holds the old token may go on through the connection that it has, unless that can be ended alone. */
function uncuttable(rotations: readonly PlannedRotation[]): readonly Refusal[] {
  if (rotations.length === 0) return [];
  return [
    {
      rule: 'compromise-uncut',
      message: 'the kernel cannot end single connections (no `ss -K`): those of the old tokens would live on',
      remedy: 'Restart rathole-server, which ends the connections of all services.',
      consent: 'interrupt-live-connections',
    },
  ];
}
