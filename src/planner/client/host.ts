import { serverName } from '../../artifacts/client-toml.ts';
import { programPath } from '../../artifacts/paths.ts';
import type { ClientHost, DesiredServer, PossibleServer } from '../../model/desired.ts';
import type { Facts } from '../../model/observed.ts';
import type { ClientPlan } from '../../model/plan.ts';
import { diskRefusals } from '../capacity.ts';
import { conclude, isRefused, noProgram, programHash } from '../conclude.ts';
import { planClientPackages } from '../packages.ts';
import { join, type Part, part } from '../part.ts';
import { interruptionRefusals } from '../safety.ts';
import { planClientDirectories, planObserveScript, planProgram, planUser } from '../system.ts';
import { type View, viewOf } from '../view.ts';
import { planServerFiles, planSyncProgram } from './files.ts';
import { planLeftovers } from './leftovers.ts';
import { planClientUnitFiles, planRunning } from './units.ts';

/** What is the same for all clients of a plan. */
export interface ClientTask {
  /** By host, the servers' too. */
  readonly facts: ReadonlyMap<string, Facts>;
  readonly observeScript: string;
  readonly possibleServers: readonly PossibleServer[];
}

/** One server that a client joins, as far as it could be looked at. */
export interface Joined {
  readonly server: DesiredServer;
  readonly name: string;
  /** The server's own view. */
  readonly from: View;
  /** Of the client's rathole. */
  readonly sha256: string;
  readonly program: string;
}

/** The plan of one client: what its bundle would set up. */
export function planClient(client: ClientHost, task: ClientTask): ClientPlan {
  const { host, servers } = client;
  const joins = servers.map((server) => ({ name: serverName(server), host: server.host.name }));
  const findings = conclude(host.name, task.facts.get(host.name), (view) => ({
    ...planSeen(view, client, task),
    rotations: [],
  }));
  return { host: host.name, joins, ...findings };
}

/** A server that could not be looked at may have any key for this client: what belongs to it is left alone. */
function planSeen(view: View, client: ClientHost, task: ClientTask): Part {
  const found = client.servers.map((server) => joinedServer(view, server, task));
  const joined = found.flatMap((each) => ('from' in each ? each : []));
  const problems = join(found.flatMap((each) => ('from' in each ? [] : each)));
  const set = joined.length === 0 ? part({}) : planJoined(view, client, joined, task);
  const names = client.servers.map(serverName);
  const plan = join([problems, set, planLeftovers(view, names, task.possibleServers)]);
  return join([plan, part({ refusals: diskRefusals(view, plan.steps) })]);
}

function joinedServer(view: View, server: DesiredServer, { facts }: ClientTask): Joined | Part {
  const seen = facts.get(server.host.name);
  const from = seen && viewOf(seen);
  if (from === undefined || isRefused(from)) {
    return part({
      notes: [`${server.host.name} could not be looked at: what belongs to it is left alone`],
    });
  }
  const sha256 = programHash(server, view.architecture);
  if (sha256 === undefined) return part({ refusals: [noProgram(server, view.architecture)] });
  const program = programPath(server.rathole.version, sha256);
  return { server, name: serverName(server), from, sha256, program };
}

/** All parts in the order of their steps: nothing starts before its files are there, and what polls comes last. */
function planJoined(view: View, client: ClientHost, joined: readonly Joined[], task: ClientTask): Part {
  const programs = [...new Map(joined.map((each) => [each.program, each])).values()];
  const files = joined.map((each) => planServerFiles(view, client.host.name, each));
  const units = planClientUnitFiles(view, client.poll, joined);
  const before = join([
    planClientPackages(view),
    planUser(view),
    planClientDirectories(
      view,
      joined.map(({ name }) => name),
    ),
    planObserveScript(view, task.observeScript),
    planSyncProgram(view),
    ...programs.map(({ server, sha256 }) => planProgram(view, server, sha256)),
    ...files,
    units,
  ]);
  const running = joined.map((each, at) => {
    const done = { steps: files[at]?.steps ?? [], written: units.written };
    const plan = planRunning(view, client.host.name, each, done);
    return join([plan, part({ refusals: interruptionRefusals(each.server, plan.steps) })]);
  });
  const whole = join([before, ...running]);
  if (whole.changes.length + whole.steps.length === 0) return whole;
  return join([before, ...running.flatMap((each, at) => [poll(joined[at]?.name ?? ''), each])]);
}

/** Whatever is done on a client, its rathole starts with the newest configuration. */
const poll = (server: string): Part => part({ steps: [{ kind: 'poll', server }] });
