import { isMarked } from '../artifacts/marker.ts';
import {
  CLIENT_FRAGMENTS,
  HEAD,
  PENDING,
  ROTATION,
  SERVER_FRAGMENTS,
  SERVER_TOML,
} from '../artifacts/paths.ts';
import { readComment, type ServiceComment } from '../artifacts/service-comment.ts';
import { pendingNames } from '../codec/pending.ts';
import { secretsOf } from '../codec/placeholder.ts';
import { parseServerFile, type ServerFile, type ServerFileService } from '../codec/server-toml.ts';
import type { ObservedFile } from '../model/observed.ts';
import type { Refusal } from '../model/plan.ts';
import { obstacleAt } from './files.ts';
import { inMotion } from './rotation/record.ts';
import { unreadableRefusal, type View } from './view.ts';

/** One service-generation that is on a host: in server.toml, in a fragment, or in both. */
export interface FoundService {
  readonly ratholeName: string;
  readonly service: string;
  /** 0 for a service that somebody wrote by hand. */
  readonly generation: number;
  readonly comment: ServiceComment | undefined;
  readonly table: ServerFileService;
  /** Whether server.toml serves it. */
  readonly served: boolean;
  /** Its fragment's path, where a readable one exists. */
  readonly fragment: string | undefined;
  /** Where its token is, the fragment first: a hand edit of server.toml does not change what its client knows. */
  readonly tokenPath: string;
  readonly fingerprint: string;
}

/** What a host serves by now. */
export interface FoundServer {
  readonly file: ServerFile | undefined;
  /** Whether somebody else wrote server.toml: its services have tokens that their clients know. */
  readonly foreign: boolean;
  readonly services: readonly FoundService[];
  /** Names of services that a rotation is in the middle of; they are left alone. */
  readonly moving: ReadonlySet<string>;
  /** What is decided of each enrolled service. */
  readonly records: View['rotations'];
  /** The highest generation ever seen, by service. */
  readonly highest: ReadonlyMap<string, number>;
}

/** Reads server.toml, its fragments and the pending file, or says why nothing may be concluded from them. */
export function findServices(view: View): FoundServer | readonly Refusal[] {
  const refusals = [...serverTomlRefusals(view), ...pendingRefusals(view)];
  if (refusals.length > 0) return refusals;
  const text = view.files[SERVER_TOML]?.text;
  const parsed = text === undefined ? undefined : parseServerFile(text);
  const file = parsed && 'error' in parsed ? undefined : parsed;
  const services = merge(servicesIn(SERVER_TOML, text ?? ''), fragmentsOf(view).flatMap(readFragment));
  const records = view.rotations;
  return {
    file,
    foreign: text !== undefined && !isMarked(text),
    services,
    records,
    moving: inTheMiddle(view, services),
    highest: highestNumbers(view, services),
  };
}

/** As the records say; of a service without one as pending-tokens.json does, by our name for it or by rathole's. */
function inTheMiddle(view: View, services: readonly FoundService[]): ReadonlySet<string> {
  const recorded = Object.entries(view.rotations).filter(([, record]) => inMotion(record));
  const named = new Set(pendingNames(view.files[PENDING]?.text ?? '') ?? []);
  const unrecorded = services
    .filter(({ service }) => view.rotations[service] === undefined)
    .filter(({ service, ratholeName }) => named.has(service) || named.has(ratholeName));
  return new Set([...recorded.map(([service]) => service), ...unrecorded.map(({ service }) => service)]);
}

/** Why nothing may be concluded from server.toml. */
export function serverTomlRefusals(view: View): readonly Refusal[] {
  const found = view.files[SERVER_TOML];
  if (found === undefined) return [];
  const obstacle = obstacleAt(SERVER_TOML, found);
  if (obstacle) return [obstacle];
  if (found.text === undefined) return [invalidRefusal(found.withheld ?? 'it is empty')];
  const parsed = parseServerFile(found.text);
  return 'error' in parsed ? [invalidRefusal(parsed.error)] : [];
}

function invalidRefusal(why: string): Refusal {
  return {
    rule: 'server-toml-invalid',
    message: `${SERVER_TOML} makes no sense: ${why}`,
    remedy: `Repair it, or delete it: it is then made again from ${SERVER_FRAGMENTS}, with the same tokens.`,
  };
}

/** Why nothing may be concluded from pending-tokens.json. */
export function pendingRefusals(view: View): readonly Refusal[] {
  const found = view.files[PENDING];
  if (found === undefined || pendingNames(found.text ?? '') !== undefined) return [];
  if (found.unreadable !== undefined) return [unreadableRefusal(PENDING, found.unreadable)];
  return [
    {
      rule: 'pending-invalid',
      message: `${PENDING} makes no sense: ${found.withheld ?? 'it is not the JSON of a pending rotation'}`,
      remedy: `Delete it: what is staged stands in ${ROTATION} too. Where something is, end it by \`reconcile finalize\` or \`cancel\`, for the host's timer goes by this file.`,
    },
  ];
}

interface Fragment {
  readonly path: string;
  readonly found: ObservedFile;
}

/** The services' fragments, in the order in which they are joined. */
function fragmentsOf(view: View): readonly Fragment[] {
  return Object.entries(view.files)
    .filter(([path]) => path.startsWith(`${SERVER_FRAGMENTS}/`) && path.endsWith('.toml'))
    .filter(([path]) => path !== `${SERVER_FRAGMENTS}/${HEAD}`)
    .map(([path, found]) => ({ path, found }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** What a broken fragment holds is in server.toml too, so it counts as none. */
function readFragment({ path, found }: Fragment): readonly FoundService[] {
  return servicesIn(path, found.text ?? '').map((service) => ({ ...service, served: false, fragment: path }));
}

/** The services of a server.toml, or of a fragment of one, as if it were served. */
export function servicesIn(path: string, text: string): readonly FoundService[] {
  const file = parseServerFile(text);
  if ('error' in file) return [];
  const comments = commentsOf(text);
  return file.services.map((table) => {
    const comment = comments.get(table.name);
    const [, base = table.name, number = '0'] = /^(.+)\.g(\d+)$/.exec(table.name) ?? [];
    return {
      ratholeName: table.name,
      service: comment?.service ?? base,
      generation: comment?.generation ?? Number(number),
      comment,
      table,
      served: true,
      fragment: undefined,
      tokenPath: path,
      fingerprint: secretsOf(table.token)[0] ?? '',
    };
  });
}

/** Each comment by the rathole name of the table that follows it. */
function commentsOf(text: string): ReadonlyMap<string, ServiceComment> {
  const comments = new Map<string, ServiceComment>();
  let last: ServiceComment | undefined;
  for (const line of text.split('\n')) {
    const name = /^\[server\.services\.(?:"([^"\\]+)"|([\w-]+))\]/.exec(line);
    const key = name?.[1] ?? name?.[2];
    if (key !== undefined && last !== undefined) comments.set(key, last);
    last = readComment(line);
  }
  return comments;
}

/** In place all generations have one name: the fragment of one that is staged must not be taken for the served one. */
function merge(served: readonly FoundService[], fragments: readonly FoundService[]): readonly FoundService[] {
  const keyOf = ({ ratholeName, generation }: FoundService) => `${ratholeName} ${generation}`;
  const merged = new Map(served.map((service) => [keyOf(service), service]));
  for (const each of fragments) {
    merged.set(keyOf(each), { ...each, served: merged.get(keyOf(each))?.served ?? false });
  }
  return [...merged.values()].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

/** Records and clients' fragments count too: a number that was given out is never given out again. */
function highestNumbers(view: View, services: readonly FoundService[]): ReadonlyMap<string, number> {
  const highest = new Map<string, number>();
  const see = (service: string, generation: number) =>
    highest.set(service, Math.max(generation, highest.get(service) ?? 0));
  for (const { service, generation } of services) see(service, generation);
  for (const [service, record] of Object.entries(view.rotations)) see(service, record.highest);
  for (const path of Object.keys(view.files)) {
    const [, service, generation] = /\/50-([^/]+)\.g(\d+)\.toml$/.exec(path) ?? [];
    const ours = path.startsWith(`${SERVER_FRAGMENTS}/`) || path.startsWith(`${CLIENT_FRAGMENTS}/`);
    if (ours && service !== undefined) see(service, Number(generation));
  }
  return highest;
}
