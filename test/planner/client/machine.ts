import type { ClientHost, Desired, DesiredServer } from '../../../src/model/desired.ts';
import type { Facts, ObservedUnit } from '../../../src/model/observed.ts';
import type { ClientPlan, Plan } from '../../../src/model/plan.ts';
import { present } from '../../../src/model/reading.ts';
import { plan } from '../../../src/planner/index.ts';
import { desired, OBSERVE_SCRIPT, server } from '../desired.ts';
import { bareDebian, readValue, withFile } from '../facts.ts';
import { settled } from '../settled.ts';
import { simulate } from '../simulator.ts';

export const FOLDER = '/etc/rathole/home-vps1';
const KEY_ON_SERVER = '/var/lib/reconcile/keys/desktop.k1';
const CA_ON_SERVER = '/var/lib/reconcile/tls/ca.pem';

/** The server that the client joins, once it is as declared. */
export const vps = settled();

/** A machine as its owner hands it over: it lacks what only servers need. */
export const bare: Facts = { ...bareDebian(), missingPrograms: present(['nginx', 'openssl']) };

export function wanted(
  servers: readonly DesiredServer[] = [server()],
  more: Partial<ClientHost> = {},
): Desired {
  const host = { name: 'desktop', connection: { kind: 'local', become: false } } as const;
  const all = desired(server());
  return {
    ...all,
    clients: all.clients.map((each) => ({ ...each, managed: each.name === 'desktop' })),
    clientHosts: [{ host, poll: 300, servers, ...more }],
    possibleServers: [
      { name: 'home-vps1', prune: false },
      { name: 'home-old', prune: true },
    ],
  };
}

export function planBoth(facts: Facts, want: Desired = wanted(), serving: Facts | null = vps): Plan {
  const servers = serving === null ? [] : [{ host: 'vps1', facts: serving }];
  return plan(want, [...servers, { host: 'desktop', facts }], OBSERVE_SCRIPT);
}

/** The client's plan. */
export function planClient(...given: Parameters<typeof planBoth>): ClientPlan {
  const found = planBoth(...given).hosts.find(({ host }) => host === 'desktop');
  if (found?.joins === undefined) throw new Error('there is no plan of the client');
  return found;
}

/** The client after its plan was applied, with what its server has brought. */
export function setUp(facts: Facts = bare, want: Desired = wanted()): Facts {
  const after = simulate(facts, planClient(facts, want).steps);
  const there = readValue(vps.files);
  const held = present({ 'home-vps1': there[KEY_ON_SERVER]?.sha256 ?? '' });
  const authority = { sha256: there[CA_ON_SERVER]?.sha256 ?? '' };
  return { ...withFile(after, `${FOLDER}/ca.pem`, authority), heldKeys: held };
}

/** The client as declared. */
export const client = setUp();

export const UNITS = '/etc/systemd/system';
export const RATHOLE = 'rathole-client@home-vps1.service';
export const TIMER = 'reconcile-sync@home-vps1.timer';
export const SYNC = '/usr/local/lib/reconcile/sync';

/** The client with one of its units changed. */
export function withUnit(name: string, change: Partial<ObservedUnit>): Facts {
  const units = readValue(client.units);
  const unit = units[name];
  if (unit === undefined) throw new Error(`there is no ${name}`);
  return { ...client, units: present({ ...units, [name]: { ...unit, ...change } }) };
}

/** The client with somebody's edit in one of its files. */
export const edited = (path: string) =>
  withFile(client, path, {
    sha256: 'ed'.repeat(32),
    text: '# Made by reconcile. Change the playbook: the next apply undoes an edit here.\n',
  });
