import { isDeepStrictEqual } from 'node:util';
import type { ClientService, Config, ServerService } from './config.ts';

type Half<Role, Service> =
  | { readonly role: Role; readonly kind: 'delete'; readonly name: string }
  | { readonly role: Role; readonly kind: 'add'; readonly service: Service };

/** One step of a hot reload: a service comes (or changes) or goes, or everything starts anew. */
export type Change =
  | { readonly kind: 'restart'; readonly config: Config }
  | Half<'server', ServerService>
  | Half<'client', ClientService>;

/** What turns `before` into `after`: deletions first; a difference outside `services` restarts all. */
export function changesBetween(before: Config, after: Config): readonly Change[] {
  if (isDeepStrictEqual(before, after)) return [];
  const restart: readonly Change[] = [{ kind: 'restart', config: after }];
  if (!before.server !== !after.server || !before.client !== !after.client) return restart;
  const server = serviceChanges('server', before.server, after.server);
  const client = serviceChanges('client', before.client, after.client);
  return server === 'restart' || client === 'restart' ? restart : [...server, ...client];
}

interface Instance<Service> {
  readonly services: ReadonlyMap<string, Service>;
}

function serviceChanges<Role extends 'server' | 'client', Service>(
  role: Role,
  before: Instance<Service> | undefined,
  after: Instance<Service> | undefined,
): readonly Half<Role, Service>[] | 'restart' {
  if (before === undefined || after === undefined) return [];
  const none = { services: new Map() };
  if (!isDeepStrictEqual({ ...before, ...none }, { ...after, ...none })) return 'restart';
  const gone = [...before.services.keys()].filter((name) => !after.services.has(name));
  const come = [...after.services].filter(([name, it]) => !isDeepStrictEqual(before.services.get(name), it));
  return [
    ...gone.map((name) => ({ role, kind: 'delete', name }) as const),
    ...come.map(([, service]) => ({ role, kind: 'add', service }) as const),
  ];
}
