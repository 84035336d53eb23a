import schema from '../../../schemas/playbook.schema.json' with { type: 'json' };
import { parseDuration } from '../duration.ts';

const { tunnel, rotation, client, transportWebsocket } = schema.$defs;

/** What a playbook leaves out, as the schema documents it. */
export const DEFAULTS = {
  poll: client.properties.poll.default,
  heartbeatInterval: tunnel.properties.heartbeat_interval.default,
  prune: tunnel.properties.prune.default,
  websocketBind: transportWebsocket.properties.bind.default,
  maxAge: rotation.properties.max_age.default,
  grace: rotation.properties.grace.default,
  atMost: rotation.properties.at_most.default,
} as const;

/** Seconds of a duration that the schema has let through. */
export const seconds = (duration: string): number => parseDuration(duration) ?? 0;

const DAY = 86_400;

/** A day, or a quarter of the age where that is less. */
export const defaultWarnBefore = (maxAge: number | undefined): number =>
  maxAge === undefined ? DAY : Math.min(DAY, Math.floor(maxAge / 4));

/** Seconds; undefined for `never`. */
export function maxAgeOf(text: string | undefined): number | undefined {
  const value = text ?? DEFAULTS.maxAge;
  return value === 'never' ? undefined : seconds(value);
}
