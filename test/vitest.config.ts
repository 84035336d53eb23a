import { availableParallelism } from 'node:os';
import { defineConfig, type TestProjectConfiguration } from 'vitest/config';
import { LongestFirst } from './longest-first.ts';
import { temporaryFolder } from './temporary.ts';

/** Tests wait for processes as much as they compute; lab files wait for polls, timers and visitors most of the time. */
const WORKERS = availableParallelism() + 2;
const LAB_WORKERS = availableParallelism() + 3;

/**
 * They look for what is left of a lab: nothing runs beside them. Whose lab begins just then may have its id, and be taken
 * for that.
 */
const ALONE = ['test/lab/isolation.lab.test.ts', 'test/lab/tunnel.lab.test.ts'];

/**
 * Lab files whose visitors come in a steady stream, or are held to a bound, use about half of the machine. Files that
 * compute use the other half, one after the other, for about as long.
 */
const STEADY = [
  {
    visited: 'test/e2e/rotation-under-load.lab.test.ts',
    computing: [
      'test/model/rotation/exploration.test.ts',
      'test/rotate/crashes.test.ts',
      'test/spec/scale.test.ts',
    ],
  },
  {
    visited: 'test/prober/tunnel.lab.test.ts',
    computing: [
      'test/rotate/agreement.test.ts',
      'test/spec/fuzz.test.ts',
      'test/model/rotation/mutations.test.ts',
    ],
  },
];

/** One for the visitors, and one that computes. */
const STEADY_WORKERS = 2;

const onHosts = { globalSetup: ['test/lab/prepare.ts'], testTimeout: 300_000, hookTimeout: 600_000 };

const onNoHosts = {
  // A third of the time went into loading the same modules for each file.
  isolate: false,
  testTimeout: 30_000,
};

/** Visitors, and what computes beside them. */
const steady = STEADY.flatMap(({ visited, computing }, at): TestProjectConfiguration[] => {
  const shared = { maxWorkers: STEADY_WORKERS, sequence: { groupOrder: 2 + at } };
  return [
    { extends: true, test: { ...onHosts, name: `visited-${at + 1}`, include: [visited], ...shared } },
    { extends: true, test: { ...onNoHosts, name: `computing-${at + 1}`, include: computing, ...shared } },
  ];
});

/**
 * `unit` and `computing` run anywhere. The others boot real hosts and need root; two labs never get into each other's
 * way.
 */
export default defineConfig({
  test: {
    globalSetup: ['./test/global-setup.ts'],
    env: { TMPDIR: temporaryFolder() },
    sequence: { sequencer: LongestFirst },
    reporters: ['default', './test/closing-line-reporter.ts'],
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/**/*.lab.test.ts', ...STEADY.flatMap(({ computing }) => computing)],
          ...onNoHosts,
          maxWorkers: WORKERS,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          ...onHosts,
          name: 'lab',
          include: ['test/**/*.lab.test.ts'],
          exclude: [...ALONE, ...STEADY.map(({ visited }) => visited)],
          isolate: false,
          maxWorkers: LAB_WORKERS,
          sequence: { groupOrder: 1 },
        },
      },
      ...steady,
      {
        extends: true,
        test: {
          ...onHosts,
          name: 'lab-alone',
          include: ALONE,
          fileParallelism: false,
          sequence: { groupOrder: 2 + STEADY.length },
        },
      },
    ],
  },
});
