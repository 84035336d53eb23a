import type { Reporter, TestModule } from 'vitest/node';

/**
 * Prints the line that ends every run: `N passed, N failed[, N skipped]`. A file that could not be loaded counts as one
 * failure, and so does whatever else makes the run fail: a machine that cannot run a lab, say.
 */
export default class ClosingLineReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const count = (state: string) => tests.filter((test) => test.result().state === state).length;
    const broken = modules.filter((module) => module.errors().length > 0).length;
    const skipped = count('skipped');
    const failed = count('failed') + broken + unhandledErrors.length;
    // Written at exit, so that it stands behind the summary of vitest's own reporter.
    process.once('exit', (code) => {
      const told = Math.max(failed, code === 0 ? 0 : 1);
      process.stdout.write(
        `${count('passed')} passed, ${told} failed${skipped > 0 ? `, ${skipped} skipped` : ''}\n`,
      );
    });
  }
}
