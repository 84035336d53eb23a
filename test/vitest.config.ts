import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';
import { InOrder, STEADY } from './order.ts';
import { temporaryFolder } from './temporary.ts';

/** Tests wait for processes as much as they compute; lab files wait for polls, timers and visitors most of the time. */
const WORKERS = availableParallelism() + 2;
const LAB_WORKERS = availableParallelism() + 3;
/** One for the steady file, and one that computes. */
const STEADY_WORKERS = 2;

const STEADY_FILES = STEADY.map(({ lab }) => `test/${lab}.lab.test.ts`);
const COMPUTING_FILES = STEADY.flatMap(({ meanwhile }) => meanwhile.map((name) => `test/${name}.test.ts`));

const onHosts = { globalSetup: ['test/lab/prepare.ts'], testTimeout: 300_000, hookTimeout: 600_000 };

const onNoHosts = {
  // A third of the time went into loading the same modules for each file.
  isolate: false,
  testTimeout: 30_000,
};

/**
 * `unit` and `computing` run anywhere. The others boot real hosts and need root; two labs never get into each other's
 * way. Groups follow one another.
 */
export default defineConfig({
  test: {
    globalSetup: ['./test/global-setup.ts'],
    env: { TMPDIR: temporaryFolder() },
    sequence: { sequencer: InOrder },
    reporters: ['default', './test/closing-line-reporter.ts'],
    projects: [
      {
        extends: true,
        test: {
          ...onNoHosts,
          name: 'unit',
          include: ['test/**/*.test.ts'],
          exclude: ['test/**/*.lab.test.ts', ...COMPUTING_FILES],
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
          exclude: STEADY_FILES,
          isolate: false,
          maxWorkers: LAB_WORKERS,
          sequence: { groupOrder: 1 },
        },
      },
      {
        extends: true,
        test: {
          ...onHosts,
          name: 'steady',
          include: STEADY_FILES,
          setupFiles: ['test/lab/one-at-a-time.ts'],
          maxWorkers: STEADY_WORKERS,
          sequence: { groupOrder: 2 },
        },
      },
      {
        extends: true,
        test: {
          ...onNoHosts,
          name: 'computing',
          include: COMPUTING_FILES,
          maxWorkers: STEADY_WORKERS,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
