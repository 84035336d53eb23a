import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { LongestFirst } from './longest-first.ts';

/** Tests wait for processes as much as they compute; lab files wait for polls, timers and visitors most of the time. */
const WORKERS = availableParallelism() + 2;
const LAB_WORKERS = availableParallelism() + 3;

/** Lab files that look at the whole machine's labs, or hold a visitor's wait to a bound: nothing runs beside them. */
const ALONE = ['test/lab/isolation.lab.test.ts', 'test/prober/*.lab.test.ts'];

/** Visitors come in a steady stream, which a busy machine cannot serve; the file itself uses about half of the machine. */
const STEADY = ['test/e2e/rotation-under-load.lab.test.ts'];

/** These compute for long: one after another, they use the other half. */
const EXHAUSTIVE = [
  'test/model/rotation/*.test.ts',
  'test/rotate/{agreement,crashes}.test.ts',
  'test/spec/fuzz.test.ts',
];

/** One for the visitors, and one that computes. */
const STEADY_WORKERS = 2;

const onHosts = { globalSetup: ['test/lab/prepare.ts'], testTimeout: 300_000, hookTimeout: 600_000 };

const onNoHosts = {
  // A third of the time went into loading the same modules for each file.
  isolate: false,
  testTimeout: 30_000,
};

/**
 * `unit` and `exhaustive` run anywhere. The others boot real hosts and need root; two labs never get into each other's
 * way.
 */
export default defineConfig({
  test: {
    globalSetup: ['./test/global-setup.ts'],
    sequence: { sequencer: LongestFirst },
    reporters: ['default', './test/closing-line-reporter.ts'],
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/**/*.lab.test.ts', ...EXHAUSTIVE],
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
          exclude: [...ALONE, ...STEADY],
          isolate: false,
          maxWorkers: LAB_WORKERS,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          ...onHosts,
          name: 'lab-steady',
          include: STEADY,
          maxWorkers: STEADY_WORKERS,
          sequence: { groupOrder: 2 },
        },
      },
      {
        extends: true,
        test: {
          name: 'exhaustive',
          include: EXHAUSTIVE,
          ...onNoHosts,
          maxWorkers: STEADY_WORKERS,
          sequence: { groupOrder: 2 },
        },
      },
      {
        extends: true,
        test: {
          ...onHosts,
          name: 'lab-alone',
          include: ALONE,
          fileParallelism: false,
          sequence: { groupOrder: 3 },
        },
      },
    ],
  },
});
