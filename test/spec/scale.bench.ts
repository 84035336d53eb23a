import { bench, describe } from 'vitest';
import { loadSpec } from '../../src/spec/index.ts';
import { textSources } from './cases.ts';
import { largePlaybook } from './scale.ts';

/** The promise: 10,000 services in under 2 s, and ten times the services in at most 12 times the time. */
describe('validate', () => {
  for (const services of [1000, 10_000, 100_000]) {
    const sources = textSources(largePlaybook(services));
    bench(`${services} services`, () => void loadSpec(sources), {
      iterations: 3,
      warmupIterations: 1,
      time: 0,
    });
  }
});
