import { httpConfig } from '../artifacts/nginx-http.ts';
import { type StreamService, streamConfig, streamInclude } from '../artifacts/nginx-stream.ts';
import {
  NGINX_HTTP,
  NGINX_KEYS,
  NGINX_STREAM,
  NGINX_STREAM_MODULE,
  NGINX_UNIT,
  TLS,
} from '../artifacts/paths.ts';
import type { DesiredServer } from '../model/desired.ts';
import type { Listener } from '../model/observed.ts';
import type { Listening, Step } from '../model/step.ts';
import { planFile, ROOT_FILE } from './files.ts';
import { forecastNginxReload, forecastNginxRestart, isRunning } from './forecast.ts';
import { isHeldBy, nginxListens, overlaps, serves } from './listening.ts';
import { nginxRefusals } from './nginx-refusals.ts';
import { planSlots, removeSlots, slotPaths } from './nginx-slots.ts';
import { join, NOTHING, type Part, part } from './part.ts';
import type { View } from './view.ts';

/** nginx tells its workers' start to about 20 ms; a file that is newer by more was written after it was loaded. */
const CLOCK_SLACK = 0.25;

const LOADED_FILES = [
  NGINX_HTTP,
  NGINX_STREAM,
  NGINX_STREAM_MODULE,
  NGINX_KEYS,
  `${TLS}/leaf.pem`,
  `${TLS}/leaf.key`,
] as const;

export interface NginxTask {
  readonly stream: readonly StreamService[];
  /** Names of services that no longer have the public address that they had. */
  readonly gone: readonly string[];
  /** Names of services in the middle of a rotation. */
  readonly moving: ReadonlySet<string>;
  /** Whether the certificate or the map of keys is replaced by this plan. */
  readonly replaced: boolean;
  /** How many visitors nginx lets in at once. */
  readonly visitors: number;
}

/** nginx's files, and whether what runs is what they say. */
export function planNginx(view: View, server: DesiredServer, task: NginxTask): Part {
  const { stream, gone, moving, replaced, visitors } = task;
  const files = join([
    planSlots(view, stream, moving),
    planFile(view, { path: NGINX_STREAM, text: streamConfig(stream, { visitors }), ...ROOT_FILE }),
    planFile(view, { path: NGINX_HTTP, text: httpConfig(server), ...ROOT_FILE }),
    planFile(view, { path: NGINX_STREAM_MODULE, text: streamInclude(), ...ROOT_FILE }),
    removeSlots(view, stream),
  ]);
  const changed = replaced || files.steps.some(({ kind }) => kind === 'write-file');
  const running = isRunning(view, NGINX_UNIT) && view.nginx !== undefined;
  const listens = nginxListens(stream);
  const cause = running ? notLoaded(view, stream) : undefined;
  const drift = cause !== undefined && !changed ? driftOf(cause) : NOTHING;
  const steps = running
    ? loadSteps(view, { stream, gone }, changed || cause !== undefined)
    : ([{ kind: 'check-nginx' }, { kind: 'start-unit', unit: NGINX_UNIT, listens }] as const);
  const started = running ? NOTHING : notRunning(view);
  const acts = steps.length > 0;
  const refusals = nginxRefusals(view, acts);
  return join([files, drift, started, part({ steps, ...refusals })]);
}

function driftOf(cause: string): Part {
  const before = 'the configuration that runs';
  const after = 'the configuration on disk';
  return part({
    changes: [{ kind: 'update', target: 'nginx', cause: `on disk but not loaded: ${cause}`, before, after }],
  });
}

function notRunning(view: View): Part {
  const unit = view.units[NGINX_UNIT];
  if (unit === undefined) return NOTHING;
  const cause = `it is ${unit.active}`;
  return part({
    changes: [{ kind: 'update', target: `unit ${NGINX_UNIT}`, cause, before: unit.active, after: 'active' }],
  });
}

/** Why the running nginx is not what its files say; undefined: it is. */
function notLoaded(view: View, stream: readonly StreamService[]): string | undefined {
  const { nginx, clock } = view;
  if (nginx === undefined) return undefined;
  const [refused] = nginx.reloadErrors;
  if (refused !== undefined) return `its last reload was refused: ${refused}`;
  // A file from the future was written before the clock was set back: its time says nothing.
  const newer = [...LOADED_FILES, ...slotPaths(stream)].find((path) => {
    const modified = view.files[path]?.modified ?? 0;
    return modified > nginx.workersStarted + CLOCK_SLACK && modified <= clock;
  });
  if (newer !== undefined) return `${newer} is newer than nginx's workers`;
  const missing = nginxListens(stream).find((each) => !isServed(view.listeners, each));
  return missing && `nginx does not listen on ${missing.protocol} ${missing.address} port ${missing.port}`;
}

function isServed(listeners: readonly Listener[], wanted: Listening): boolean {
  return listeners.some((listener) => isHeldBy(listener, 'nginx') && serves(listener, wanted));
}

function loadSteps(
  view: View,
  { stream, gone }: Pick<NginxTask, 'stream' | 'gone'>,
  due: boolean,
): readonly Step[] {
  if (!due) return [];
  const listens = nginxListens(stream);
  const held = view.listeners.filter((listener) => isHeldBy(listener, 'nginx'));
  const blocked = listens.some((each) => held.some((old) => overlaps(old, each) && !isServed(held, each)));
  if (blocked) {
    // nginx opens new sockets before it closes old ones, so a reload cannot go from one address to its wildcard.
    const interrupts = forecastNginxRestart(view);
    return [{ kind: 'check-nginx' }, { kind: 'restart-unit', unit: NGINX_UNIT, listens, interrupts }];
  }
  const served = stream.filter(({ protocol, bind }) => isServed(held, { protocol, ...bind }));
  const interrupts = forecastNginxReload(stream, gone, served);
  const reload: Step = { kind: 'reload-nginx', listens };
  return [{ kind: 'check-nginx' }, interrupts === undefined ? reload : { ...reload, interrupts }];
}

/** A reload that changes no address. */
export function nginxReload(stream: readonly StreamService[]) {
  return { listens: nginxListens(stream), interrupts: forecastNginxReload(stream, []) };
}
