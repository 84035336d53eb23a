import type { Desired } from '../model/desired.ts';
import type { Observed } from '../model/observed.ts';
import type { Plan } from '../model/plan.ts';
import { planClient } from './client/host.ts';
import { digestOf } from './digest.ts';
import { planServer } from './host.ts';
import type { KeyOrders } from './pull/key-rotation.ts';

/**
 * What has to be done on each declared host. Hosts that were observed but are not declared have no part in it.
 *
 * @param observeScript the text of the observation, which is installed on each host for keys that may only read.
 * @param orders what a person asks for about API keys, by client.
 */
export function plan(
  desired: Desired,
  observed: readonly Observed[],
  observeScript: string,
  orders: KeyOrders = new Map(),
): Plan {
  const facts = new Map(observed.map((each) => [each.host, each.facts]));
  const given = { observeScript, clients: desired.clients, orders };
  const servers = [...desired.servers]
    .sort((a, b) => (a.host.name < b.host.name ? -1 : 1))
    .map((server) => planServer(server, facts.get(server.host.name), given));
  const task = { facts, observeScript, possibleServers: desired.possibleServers };
  const hosts = [...servers, ...desired.clientHosts.map((client) => planClient(client, task))];
  return { digest: digestOf(hosts, (host) => facts.get(host)), hosts };
}
