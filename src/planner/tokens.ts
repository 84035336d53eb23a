import type { Step } from '../model/step.ts';
import { once } from './once.ts';
import type { WantedService } from './wanted-services.ts';

/** Brings a service's token to the placeholders of later steps: the one in use, or for a new service a fresh one. */
export function tokenStep(wanted: WantedService): Step {
  const { service, generation, found } = wanted;
  if (found === undefined) return { kind: 'make-token', service, generation };
  return { kind: 'keep-token', service, generation, path: found.tokenPath, ratholeName: found.ratholeName };
}

/** Each known token's fingerprint by what its placeholder says (`ssh g1`). */
export const knownFingerprints = once(
  (wanted: readonly WantedService[]): ReadonlyMap<string, string> =>
    new Map(
      wanted.flatMap(({ service, generation, found }) =>
        found === undefined || found.fingerprint === ''
          ? []
          : [[`${service} g${generation}`, found.fingerprint]],
      ),
    ),
);
