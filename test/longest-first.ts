import { BaseSequencer, type TestSpecification } from 'vitest/node';

/**
 * Files that take longest, so that no worker is left alone with one at the end: some that compute beside some that wait,
 * so that the machine is never idle.
 */
const LONGEST = [
  'e2e/rotation-crashes',
  'e2e/rotation-under-load',
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
  'model/rotation/exploration',
  'rotate/crashes',
  'prober/tunnel',
  'rotate/agreement',
  'rotate/program',
  'cli/cli',
  'sync/answers',
  'sync/nginx',
  'artifacts/bundle',
];

/** Vitest's own order knows durations only where an earlier run has left them. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const others = await super.sort(files);
    return others.sort((one, other) => place(one) - place(other));
  }
}

function place({ moduleId }: TestSpecification): number {
  const at = LONGEST.findIndex((name) => moduleId.includes(`/test/${name}.`));
  return at < 0 ? LONGEST.length : at;
}
