import { OPEN_FILES } from '../artifacts/server-unit.ts';
import type { DesiredServer } from '../model/desired.ts';
import type { Refusal } from '../model/plan.ts';
import type { Step } from '../model/step.ts';
import type { View } from './view.ts';
import type { Services } from './wanted-services.ts';

/** nginx's connections per service-generation: a control and eight data channels, each from both sides. */
const NGINX_CONNECTIONS = 18;
const RATHOLE_FILES = 10;
/** The rest is for visitors. */
const USABLE = 0.8;
/** What Debian's nginx has once it is installed. */
const FRESH_NGINX = { workerConnections: 768, openFiles: 1024 } as const;

/** Refuses a plan whose tunnels would not fit, also while a batch of services is staged. */
export function capacityRefusals(view: View, server: DesiredServer, services: Services): readonly Refusal[] {
  const count = new Set(services.wanted.map(({ service }) => service)).size;
  const generations = count + Math.min(count, server.rotation.atMost);
  const { workerConnections, openFiles } = view.nginx ?? FRESH_NGINX;
  const connections = server.transport.kind === 'websocket' ? generations * NGINX_CONNECTIONS : 0;
  const files = generations * RATHOLE_FILES;
  const rathole = exceeds(files, OPEN_FILES)
    ? [
        refusal(
          `${count} services need ${files} of rathole's ${OPEN_FILES} descriptors`,
          'Use a second host.',
        ),
      ]
    : [];
  return [...nginxRefusals(count, connections, workerConnections, openFiles), ...rathole];
}

function nginxRefusals(count: number, need: number, connections: number, files: number): readonly Refusal[] {
  const least = Math.ceil(need / USABLE);
  const message = (have: string) =>
    `${count} services and a staged batch need ${need} nginx connections; one worker has ${have}, of which 80% count`;
  return [
    ...(exceeds(need, connections)
      ? [
          refusal(
            message(`${connections} worker_connections`),
            `Set worker_connections ${least}; in the events block of /etc/nginx/nginx.conf.`,
          ),
        ]
      : []),
    ...(exceeds(need, files)
      ? [
          refusal(
            message(`${files} descriptors`),
            `Set worker_rlimit_nofile ${2 * least}; at the top of /etc/nginx/nginx.conf.`,
          ),
        ]
      : []),
  ];
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
