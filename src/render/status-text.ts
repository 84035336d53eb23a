import type {
  Attention,
  ClientStatus,
  HostStatus,
  KeptService,
  ServiceStatus,
  Status,
} from '../model/status.ts';
import { roughDuration } from '../spec/duration.ts';
import { columns } from './columns.ts';
import { oneLine } from './printable.ts';
import { plural } from './sentences.ts';

/**
 * The status for people at a terminal. Ends with a line break.
 *
 * @param unseen how many hosts could not be looked at: they are counted only
 */
export function statusText(status: Status, unseen: number): string {
  const hosts = status.hosts.flatMap((host) => [...hostLines(host), '']);
  const refused = status.refused.flatMap(({ host, refusals }) => [
    host,
    ...refusals.flatMap(({ message, remedy }) => [`  ! ${oneLine(message)}`, `    ${oneLine(remedy)}`]),
    '',
  ]);
  return `${[...hosts, ...refused, summary(status, unseen)].join('\n')}\n`;
}

function hostLines(host: HostStatus): readonly string[] {
  return [
    `${host.host} (tunnel ${host.tunnel}), ${instant(host.time)}`,
    ...section('Clients', columns(host.clients.map((each) => clientCells(each)))),
    ...section('Services', columns(host.services.map((each) => serviceCells(each, host.time)))),
    ...section(
      'Kept, though no playbook declares it (`prune: true` removes it)',
      columns(host.kept.map(keptCells)),
    ),
    ...section('Attention', host.attention.map(attentionLine)),
  ];
}

function clientCells(status: ClientStatus): readonly string[] {
  const { client, state, lastPull, poll, behind, pending } = status;
  return [
    client,
    state,
    lastPull === undefined ? 'never polled' : `polled ${ago(lastPull.age)} (${instant(lastPull.at)})`,
    poll === undefined ? '' : `every ${roughDuration(poll)}`,
    keyCell(status),
    [
      ...(behind.length === 0 || state === 'never' ? [] : [`lacks ${behind.join(', ')}`]),
      ...(pending.length === 0 ? [] : [`rotating ${pending.join(', ')}`]),
    ].join('; '),
  ];
}

/** `k1`, `k1 -> k2`, and which it used last where that is another one. */
function keyCell({ key }: ClientStatus): string {
  if (key === undefined) return '';
  const { current, next, used } = key;
  const numbers = next === undefined ? `k${current}` : `k${current} -> k${next}`;
  return used === undefined || used === current ? numbers : `${numbers}, used k${used}`;
}

function serviceCells(status: ServiceStatus, now: number): readonly string[] {
  const { service, client, bind, protocol, state, generations, connections, rotation } = status;
  return [
    service,
    state,
    generations.map(({ generation, listener }) => `g${generation} ${LISTENERS[listener]}`).join(', '),
    connections === undefined ? '' : plural(connections, 'connection'),
    tokenCell(status, now),
    `${client} at ${protocol} ${bind}`,
    rotation === undefined ? '' : rotationCell(rotation, now),
  ];
}

function keptCells({ service, protocol, bind }: KeptService): readonly string[] {
  return [oneLine(service), `${protocol} ${bind ?? 'at an unknown address'}`];
}

const LISTENERS = { ours: 'up', free: 'down', foreign: 'taken', unseen: 'unseen' } as const;

function tokenCell({ token }: ServiceStatus, now: number): string {
  if (token === undefined) return '';
  const age = token.age === undefined ? 'age unknown' : `${roughDuration(token.age)} old`;
  const left = token.dueAt === undefined ? 0 : Math.floor(token.dueAt - now);
  const due = left > 0 ? `, due in ${roughDuration(left)}` : '';
  return `token ${age}${due}${token.state === 'overdue' || token.state === 'expiring' ? `, ${token.state}` : ''}`;
}

function rotationCell(
  { next, finalizeAt, missing }: NonNullable<ServiceStatus['rotation']>,
  now: number,
): string {
  const left = Math.floor((finalizeAt ?? now) - now);
  const when = left > 0 ? `may finalize in ${roughDuration(left)} (${instant(now + left)})` : 'grace is over';
  return `-> g${next}: ${finalizeAt === undefined ? '' : `${when}: `}${oneLine(missing)}`;
}

function attentionLine({ rule, subject, message }: Attention): string {
  return `! ${subject.kind} ${subject.name}: ${oneLine(message)} [${rule}]`;
}

function summary({ hosts, refused }: Status, unseen: number): string {
  if (hosts.length === 0) return 'No host could be looked at: nothing is known.';
  // Those of a tunnel with several hosts are the same ones on each.
  const distinct = (of: (host: HostStatus) => readonly string[]) => new Set(hosts.flatMap(of)).size;
  const clients = distinct((host) => host.clients.map(({ client }) => client));
  const services = distinct((host) => host.services.map(({ service }) => `${host.tunnel} ${service}`));
  const all = [
    `${plural(hosts.length + unseen, 'host')}${unseen === 0 ? '' : ` (${unseen} not looked at)`}`,
    plural(clients, 'client'),
    plural(services, 'service'),
  ].join(', ');
  const found = hosts.reduce((sum, { attention }) => sum + attention.length, 0);
  const seen = unseen + refused.length === 0 ? 'all is well' : 'all is well where it could be seen';
  // At first that is no fault: whoever was given its bundle comes within a poll.
  const awaited = distinct((host) => host.clients.flatMap(neverSeen));
  const well = awaited === 0 ? seen : `${seen}; ${plural(awaited, 'client')} never polled yet`;
  const verdict = found === 0 ? well : `${plural(found, 'thing')} to look at`;
  return `${all}: ${verdict}.${refused.length === 0 ? '' : ` ${plural(refused.length, 'host')} could not be read.`}`;
}

const neverSeen = ({ client, state }: ClientStatus) => (state === 'never' ? [client] : []);

const ago = (seconds: number) => `${roughDuration(seconds)} ago`;

/** Seconds suffice, and the host's own clock is meant. */
const instant = (time: number) => new Date(Math.floor(time) * 1000).toISOString().replace('.000Z', 'Z');

function section(title: string, lines: readonly string[]): readonly string[] {
  return lines.length === 0 ? [] : [`  ${title}:`, ...lines.map((line) => `    ${line}`)];
}
