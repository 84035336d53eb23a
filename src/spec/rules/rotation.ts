import { formatDuration, parseDuration } from '../duration.ts';
import { type Spot, show } from '../findings.ts';
import { DEFAULTS, maxAgeOf, seconds } from '../playbook/defaults.ts';
import type { LoadedPlaybook } from '../playbook/load.ts';
import { declaredClients, type TunnelView } from '../playbook/view.ts';
import { type Path, valueAt } from '../yaml/located.ts';
import type { Rule } from './rule.ts';

export const graceTooShort: Rule = {
  id: 'grace-too-short',
  why: 'A client learns of a rotation when it polls; the grace must hold two polls, so that one may fail.',
  check: ({ tunnels }, complain) => {
    for (const tunnel of tunnels) {
      const grace = durationAt(
        tunnel.playbook,
        ['tunnels', tunnel.name, 'rotation', 'grace'],
        DEFAULTS.grace,
      );
      const slowest = slowestClient(tunnel);
      if (!grace || !slowest || grace.seconds >= 2 * slowest.poll.seconds) continue;
      const [least, most] = [2 * slowest.poll.seconds, Math.floor(grace.seconds / 2)].map(formatDuration);
      complain(grace.spot ?? slowest.poll.spot ?? tunnel.key, {
        message: `the grace is shorter than two polls of the client "${slowest.name}"`,
        found: `grace ${formatDuration(grace.seconds)}, poll ${formatDuration(slowest.poll.seconds)}`,
        remedy: `set grace to at least ${least}, or poll to at most ${most}`,
      });
    }
  },
};

interface PlacedDuration {
  readonly seconds: number;
  /** Undefined for a default. */
  readonly spot?: Spot;
}

/** Undefined where something else than a duration is written: that has its finding. */
function durationAt({ root }: LoadedPlaybook, path: Path, fallback: string): PlacedDuration | undefined {
  const written = valueAt(root, path);
  if (!written) return { seconds: seconds(fallback) };
  const text = written.kind === 'scalar' ? String(written.value) : '';
  const value = parseDuration(text);
  return value === undefined ? undefined : { seconds: value, spot: written };
}

function slowestClient({
  services,
  playbook,
}: TunnelView): { name: string; poll: PlacedDuration } | undefined {
  let slowest: { name: string; poll: PlacedDuration } | undefined;
  const declared = declaredClients(playbook);
  for (const name of new Set(services.map((service) => service.right.client))) {
    if (name === undefined || !declared.has(name)) continue;
    const poll = durationAt(playbook, ['clients', name, 'poll'], DEFAULTS.poll);
    if (poll && (!slowest || poll.seconds > slowest.poll.seconds)) slowest = { name, poll };
  }
  return slowest;
}

export const warnTooEarly: Rule = {
  id: 'warn-too-early',
  why: 'A token that counts as expiring from its first day on says nothing.',
  check: ({ tunnels }, complain) => {
    for (const { right, at } of tunnels) {
      const maxAge = maxAgeOf(right.rotation?.max_age);
      const warn = right.rotation?.warn_before;
      if (warn === undefined || maxAge === undefined || (parseDuration(warn) ?? 0) < maxAge) continue;
      const remedy = `write less than max_age, which is ${formatDuration(maxAge)}`;
      complain(at('rotation', 'warn_before'), {
        message: 'the warning comes before the token',
        found: show(warn),
        remedy,
      });
    }
  },
};

export const rotationForbidden: Rule = {
  id: 'rotation-forbidden',
  why: 'An in-place rotation interrupts new connections; where that is forbidden, it could never run.',
  check: ({ tunnels }, complain) => {
    for (const { right, services } of tunnels) {
      if (!right.forbid_interruptions?.includes('new-connections')) continue;
      for (const { cutover, at } of services) {
        if (cutover !== 'in-place') continue;
        const remedy = 'use cutover: blue-green, or take new-connections out of forbid_interruptions';
        complain(at('cutover'), {
          message: 'its rotations are forbidden',
          found: 'cutover in-place',
          remedy,
        });
      }
    }
  },
};

export const ratholeNameClash: Rule = {
  id: 'rathole-name-clash',
  why: 'rathole knows services by name, and each generation of a blue-green service has one: NAME.g1, NAME.g2 and so on.',
  check: ({ tunnels }, complain) => {
    for (const { services } of tunnels) {
      const owners = new Map<string, string>();
      for (const { name, right } of services) if (right.rathole_name === undefined) owners.set(name, name);
      for (const { name, right, at } of services) {
        if (right.rathole_name === undefined) continue;
        const base = right.rathole_name.replace(/\.g[0-9]+$/, '');
        const owner = owners.get(right.rathole_name) ?? owners.get(base);
        owners.set(right.rathole_name, owner ?? name);
        if (owner === undefined || owner === name) continue;
        const message = `the service "${owner}" has this name in rathole, or a generation of it has`;
        const remedy = 'choose another rathole_name';
        complain(at('rathole_name'), { message, found: show(right.rathole_name), remedy });
      }
    }
  },
};
