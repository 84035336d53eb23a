import type { DesiredServer } from '../../src/model/desired.ts';
import type { Facts } from '../../src/model/observed.ts';
import type { HostPlan } from '../../src/model/plan.ts';
import { plan } from '../../src/planner/index.ts';
import { desired, OBSERVE_SCRIPT, server } from './desired.ts';
import { bareDebian } from './facts.ts';
import { simulate } from './simulator.ts';

/** The plan of the only host. */
export function planOne(wanted: DesiredServer, facts: Facts): HostPlan {
  const [host] = plan(desired(wanted), [{ host: wanted.host.name, facts }], OBSERVE_SCRIPT).hosts;
  if (host === undefined) throw new Error('there is no plan for the host');
  return host;
}

/** A host after its plan was applied. */
export function applied(wanted: DesiredServer, facts: Facts, seed?: string): Facts {
  return simulate(facts, planOne(wanted, facts).steps, seed);
}

/** A host that is as declared. */
export function settled(wanted: DesiredServer = server(), seed?: string): Facts {
  return applied(wanted, bareDebian(), seed);
}

export const kinds = ({ steps }: HostPlan): readonly string[] => steps.map(({ kind }) => kind);
export const rules = ({ refusals }: HostPlan): readonly string[] => refusals.map(({ rule }) => rule);
export const targets = ({ changes }: HostPlan): readonly string[] => changes.map(({ target }) => target);
