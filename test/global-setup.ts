import { execFileSync } from 'node:child_process';
import { join } from 'node:path';

/** Bundles the rathole stand-in once before all tests, so that none runs a stale one. */
export default function buildStandIn(): void {
  execFileSync('npm', ['run', '--silent', 'build:test'], {
    cwd: join(import.meta.dirname, '..'),
    stdio: 'inherit',
  });
}
