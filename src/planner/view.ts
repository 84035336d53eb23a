import type { Facts, ObservedFile, ObservedNginx, ObservedUnit } from '../model/observed.ts';
import type { Refusal } from '../model/plan.ts';
import type { Reading } from '../model/reading.ts';

type Value<K extends keyof Facts> = Facts[K] extends Reading<infer T> ? T : never;

/** The facts that a plan is made from, each known to be readable. */
export type View = { readonly [K in Essential]: Value<K> } & {
  /** Undefined where nginx is not installed. */
  readonly nginx: ObservedNginx | undefined;
  readonly certificates: Value<'certificates'>;
  readonly rotations: Value<'rotations'>;
  readonly heldKeys: Value<'heldKeys'>;
  /** Whether the kernel can end single connections; undefined where it does not say. */
  readonly socketKill: boolean | undefined;
  readonly files: Readonly<Record<string, ObservedFile>>;
  readonly units: Readonly<Record<string, ObservedUnit>>;
};

/** Without one of these nothing can be concluded about a host, so that their absence is as bad as not reading them. */
const ESSENTIAL = [
  'os',
  'architecture',
  'root',
  'clock',
  'missingPrograms',
  'users',
  'files',
  'units',
  'listeners',
  'connections',
  'sysctls',
  'disk',
  'pulls',
] as const satisfies readonly (keyof Facts)[];
type Essential = (typeof ESSENTIAL)[number];

/** The view of a host, or the refusals that say which facts are missing. No consent gets round those. */
export function viewOf(facts: Facts): View | readonly Refusal[] {
  const refusals = [...ESSENTIAL.flatMap((name) => missing(name, facts[name], true))];
  refusals.push(
    ...missing('nginx', facts.nginx, false),
    ...missing('certificates', facts.certificates, false),
    ...missing('socketKill', facts.socketKill, false),
    ...missing('rotations', facts.rotations, false),
    ...missing('heldKeys', facts.heldKeys, false),
  );
  if (refusals.length > 0) return refusals;
  const essentials = Object.fromEntries(ESSENTIAL.map((name) => [name, known<unknown>(facts[name])]));
  const others = {
    nginx: known(facts.nginx),
    certificates: known(facts.certificates) ?? {},
    rotations: known(facts.rotations) ?? {},
    heldKeys: known(facts.heldKeys) ?? {},
    socketKill: known(facts.socketKill),
  };
  return { ...essentials, ...others } as View;
}

function missing(name: string, reading: Reading<unknown>, essential: boolean): readonly Refusal[] {
  if (reading.kind === 'present' || (reading.kind === 'absent' && !essential)) return [];
  const why = reading.kind === 'unreadable' ? reading.why : 'the observation did not report it';
  return [unreadableRefusal(`the fact ${name}`, why)];
}

export function unreadableRefusal(what: string, why: string): Refusal {
  return {
    rule: 'unreadable',
    message: `${what} could not be read: ${why}`,
    remedy: 'Make it readable on the host and plan again; what is there must be known before it is changed.',
  };
}

function known<T>(reading: Reading<T>): T | undefined {
  return reading.kind === 'present' ? reading.value : undefined;
}
