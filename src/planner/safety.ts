import type { StreamService } from '../artifacts/nginx-stream.ts';
import { NGINX_UNIT, SERVER_UNIT } from '../artifacts/paths.ts';
import { formatAddress } from '../codec/address.ts';
import type { DesiredServer, InterruptionKind } from '../model/desired.ts';
import type { Listener } from '../model/observed.ts';
import type { Consent, Refusal } from '../model/plan.ts';
import type { Listening, Step } from '../model/step.ts';
import { nginxListens, overlaps, ratholeBinds, ratholeListens } from './listening.ts';
import type { View } from './view.ts';
import type { Services } from './wanted-services.ts';

/** Addresses that we need and that somebody else has. */
export function portRefusals(
  view: View,
  server: DesiredServer,
  services: Services,
  stream: readonly StreamService[],
): readonly Refusal[] {
  const needed = [...nginxListens(stream), ...ratholeListens(server), ...ratholeBinds(services)];
  return view.listeners.flatMap((listener) => {
    if (isOurs(view, listener)) return [];
    const taken = needed.find((each) => overlaps(listener, each));
    return taken === undefined ? [] : [portTaken(listener, taken)];
  });
}

/** nginx and rathole-server may hold each other's addresses: a service that changes its cutover hands over. */
function isOurs(view: View, { processes }: Listener): boolean {
  const pids = [view.units[SERVER_UNIT]?.mainPid, view.units[NGINX_UNIT]?.mainPid];
  return processes.some(({ name, pid }) => name === 'nginx' || (pid !== 0 && pids.includes(pid)));
}

function portTaken(listener: Listener, wanted: Listening): Refusal {
  const owner = listener.processes.map(({ name, pid }) => `${name} (pid ${pid})`).join(', ');
  const where = `${wanted.protocol} ${formatAddress(wanted)}`;
  const held = formatAddress(listener);
  const message = `${where} is needed, and ${owner || 'an unknown process'} listens on ${held}`;
  return { rule: 'port-taken', message, remedy: 'End that process, or give the service another port.' };
}

/** Two services that would share a slot: the slot comes from the public port and the protocol alone. */
export function slotRefusals(services: Services): readonly Refusal[] {
  const owners = new Map<string, string>();
  return services.wanted.flatMap((each) => {
    // In place the next generation waits for the address of the one before it.
    if (each.kind === 'pending' && !each.found.served) return [];
    const bind =
      each.kind === 'declared' ? ratholeBinds({ wanted: [each], removed: [] })[0] : boundAt(each.found.table);
    if (bind === undefined) return [];
    const key = `${bind.protocol} ${formatAddress(bind)}`;
    const other = owners.get(key);
    owners.set(key, each.ratholeName);
    return other === undefined ? [] : [addressShared(key, other, each.ratholeName)];
  });
}

function boundAt(table: Services['removed'][number]['table']): Listening | undefined {
  return table.bind && { protocol: table.protocol, ...table.bind };
}

function addressShared(key: string, one: string, other: string): Refusal {
  const message = `rathole's services ${one} and ${other} would both listen on ${key}`;
  return {
    rule: 'address-shared',
    message,
    remedy:
      'Give one of them another port, or let `prune: true` remove the one that the playbook does not name.',
  };
}

/** A name that somebody gave a service by hand, and that is no file's name. */
export function nameRefusals(services: Services): readonly Refusal[] {
  const odd = services.wanted.filter(
    (each) => each.kind !== 'declared' && !/^[\w.-]+$/.test(each.ratholeName),
  );
  return odd.map(({ ratholeName }) => ({
    rule: 'kept-name',
    message: `the service ${JSON.stringify(ratholeName)} in server.toml is not in the playbook, and cannot be kept by its name`,
    remedy: 'Rename it there to letters, digits, dots, hyphens and underscores, or set `prune: true`.',
  }));
}

const CONSENT: Readonly<Record<InterruptionKind, Consent>> = {
  'new-connections': 'interrupt-new-connections',
  'live-connections': 'interrupt-live-connections',
};

/** Interruptions that the playbook forbids. What ends live connections lets no new ones in meanwhile. */
export function interruptionRefusals(server: DesiredServer, steps: readonly Step[]): readonly Refusal[] {
  const forbidden = new Set(server.forbidInterruptions);
  const reasons = steps.flatMap(({ interrupts }) => {
    if (interrupts === undefined) return [];
    const kinds: readonly InterruptionKind[] =
      interrupts.kind === 'live-connections' ? ['live-connections', 'new-connections'] : ['new-connections'];
    return kinds.filter((kind) => forbidden.has(kind)).map((kind) => [kind, interrupts.reason] as const);
  });
  return reasons.map(([kind, reason]) => ({
    rule: 'forbidden-interruption',
    message: `the playbook forbids to interrupt ${kind.replace('-', ' ')}: ${reason}`,
    remedy: 'Apply it in a maintenance window, with the consent.',
    consent: CONSENT[kind],
  }));
}
