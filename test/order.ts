import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * Files that take longest, so that no worker is left alone with one at the end: some that compute beside some that wait,
 * so that the machine is never idle.
 */
const LONGEST = [
  'rotate/program',
  'sync/answers',
  'conformance/scale',
  'prober/probes',
  'sync/power',
  'conformance/slots',
  'e2e/rotation-crashes',
  'e2e/stragglers',
  'e2e/rotation-at-once',
  'e2e/status',
  'e2e/broken-off',
  'e2e/refused',
  'e2e/rotation',
  'e2e/away',
  'e2e/idle',
  'artifacts/dead-client',
  'e2e/many',
  'e2e/drift',
  'e2e/pull',
];

/**
 * Lab files that use about half of the machine and need it to themselves, one after the other: their visitors come in a
 * steady stream or are held to a bound; or they look for what is left of a lab, and whose lab began just then could have
 * its id. Files without a lab compute with the other half meanwhile, about as long.
 */
export const STEADY: readonly { readonly lab: string; readonly meanwhile: readonly string[] }[] = [
  {
    lab: 'e2e/rotation-under-load',
    meanwhile: ['model/rotation/exploration', 'rotate/crashes', 'sync/nginx', 'cli/cli'],
  },
  {
    lab: 'prober/tunnel',
    meanwhile: ['rotate/agreement', 'spec/fuzz', 'model/rotation/mutations', 'spec/scale'],
  },
  { lab: 'lab/isolation', meanwhile: ['artifacts/bundle'] },
  { lab: 'lab/tunnel', meanwhile: ['artifacts/key-map'] },
];

export const FIRST: readonly string[] = [
  ...LONGEST,
  ...STEADY.flatMap(({ lab, meanwhile }) => [lab, ...meanwhile]),
];

/** Vitest's own order knows durations only where an earlier run has left them. */
export class InOrder extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const others = await super.sort(files);
    return others.sort((one, other) => place(one) - place(other));
  }
}

function place({ moduleId }: TestSpecification): number {
  const at = FIRST.findIndex((name) => moduleId.includes(`/test/${name}.`));
  return at < 0 ? FIRST.length : at;
}
