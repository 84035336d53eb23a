import { OPEN_FILES } from '../artifacts/server-unit.ts';
import type { DesiredServer } from '../model/desired.ts';
import type { ObservedNginx } from '../model/observed.ts';
import type { Refusal } from '../model/plan.ts';
import type { Step } from '../model/step.ts';
import type { View } from './view.ts';
import type { Services } from './wanted-services.ts';

/** nginx's connections per service-generation: a control and eight data channels, each from both sides. */
const NGINX_CONNECTIONS = 18;
const RATHOLE_FILES = 10;
/** The rest is for visitors. */
const USABLE = 0.8;
/** Of a visitor, and of his data channel where that comes through nginx, too: each from both sides. */
const VISITOR_CONNECTIONS = 2;
/** The rest is for nginx's listeners and other sites, and for data channels whose visitors have just left. */
const FILLED = 0.9;
/** The highest that `limit_conn` takes. */
const NGINX_LIMIT = 65_535;
type Worker = Pick<ObservedNginx, 'workerConnections' | 'openFiles' | 'openFilesAtMost'>;
/** What Debian's nginx has once it is installed; one whose configuration is not valid does not say. */
const FRESH_NGINX: Worker = { workerConnections: 768, openFiles: 1024, openFilesAtMost: 524_288 };

/**
 * How many visitors nginx may let in at once. It is counted for a single worker, because they may all meet at one: a
 * worker without a connection left answers the tunnel's next data channel with an error, at which rathole's client ends
 * itself and with it the connections of all visitors. Tunnels that fit leave room for one at least.
 */
export function visitorLimit(view: View, server: DesiredServer, services: Services): number {
  const { workerConnections, openFiles } = workerOf(view);
  const tunnelled = server.transport.kind === 'websocket';
  const left = FILLED * Math.min(workerConnections, openFiles) - connectionsOf(server, countOf(services));
  const each = tunnelled ? 2 * VISITOR_CONNECTIONS : VISITOR_CONNECTIONS;
  return Math.min(NGINX_LIMIT, Math.floor(left / each));
}

/** Refuses a plan whose tunnels would not fit, also while a batch of services is staged. */
export function capacityRefusals(view: View, server: DesiredServer, services: Services): readonly Refusal[] {
  const count = countOf(services);
  const generations = generationsOf(server, count);
  const connections = connectionsOf(server, count);
  const files = generations * RATHOLE_FILES;
  const rathole = exceeds(files, OPEN_FILES)
    ? [
        refusal(
          `${count} services need ${files} of rathole's ${OPEN_FILES} descriptors`,
          'Use a second host.',
        ),
      ]
    : [];
  return [...nginxRefusals(view, count, connections), ...rathole];
}

const workerOf = ({ nginx }: View): Worker =>
  nginx === undefined || nginx.configError !== '' ? FRESH_NGINX : nginx;

const countOf = (services: Services): number => new Set(services.wanted.map(({ service }) => service)).size;

const generationsOf = (server: DesiredServer, count: number): number =>
  count + Math.min(count, server.rotation.atMost);

/** What the tunnels themselves take of nginx, also while a batch of services is staged. */
const connectionsOf = (server: DesiredServer, count: number): number =>
  server.transport.kind === 'websocket' ? generationsOf(server, count) * NGINX_CONNECTIONS : 0;

/** A worker needs a descriptor for each connection. */
function nginxRefusals(view: View, count: number, need: number): readonly Refusal[] {
  const { workerConnections, openFiles } = workerOf(view);
  const short = [
    ...(exceeds(need, workerConnections) ? [`${workerConnections} worker_connections`] : []),
    ...(exceeds(need, openFiles) ? [`${openFiles} descriptors`] : []),
  ];
  if (short.length === 0) return [];
  return [
    refusal(
      `${count} services and a staged batch need ${need} nginx connections; one worker has ${short.join(' and ')}, of which 80% count`,
      nginxRemedy(view, need),
    ),
  ];
}

/** Leaves as much to visitors as the tunnels take, where the host lets nginx have that. */
function nginxRemedy(view: View, need: number): string {
  const { openFilesAtMost } = workerOf(view);
  const enough = 2 ** Math.ceil(Math.log2((2 * need) / USABLE));
  if (exceeds(need, openFilesAtMost))
    return `Let nginx have ${2 * enough} descriptors, of which this host grants it ${openFilesAtMost}: by \`LimitNOFILE=\` of nginx.service, or from outside where the host is a container; or use a second host.`;
  const first = view.nginx === undefined ? 'Install nginx on the host, and then in' : 'In';
  const [connections, descriptors] = [enough, 2 * enough].map((wish) => Math.min(wish, openFilesAtMost));
  return `${first} /etc/nginx/nginx.conf write \`worker_connections ${connections};\` in the block \`events { … }\` and \`worker_rlimit_nofile ${descriptors};\` above it, reload nginx, and plan again.`;
}

function exceeds(need: number, have: number): boolean {
  return need > have * USABLE;
}

function refusal(message: string, remedy: string): Refusal {
  return { rule: 'capacity', message, remedy };
}

const MEBIBYTE = 1 << 20;
const INODES = 100;

/** Refuses to begin on a disk that is nearly full: what cannot be finished must be backed out. */
export function diskRefusals(view: View, steps: readonly Step[]): readonly Refusal[] {
  if (steps.length === 0) return [];
  const big = steps.some(({ kind }) => kind === 'install-packages' || kind === 'install-program');
  const need = (big ? 64 : 4) * MEBIBYTE;
  return Object.entries(view.disk)
    .filter(([, { freeBytes, freeInodes }]) => freeBytes < need || (freeInodes ?? INODES) < INODES)
    .map(([folder]) => ({
      rule: 'disk-full',
      message: `the file system of ${folder} has less than ${need / MEBIBYTE} MiB or ${INODES} inodes left`,
      remedy: `Make room in ${folder}.`,
    }));
}
