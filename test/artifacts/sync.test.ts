import { execFileSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { isMarked } from '../../src/artifacts/marker.ts';
import { syncScript } from '../../src/artifacts/sync/script.ts';

const SCRIPT = syncScript();

describe('the sync step', () => {
  test('is clean by shellcheck as POSIX sh', () => {
    execFileSync('shellcheck', ['--shell=sh', '-'], { input: SCRIPT });
  });

  test.each([['dash'], ['bash'], ['busybox', 'ash']])('is read by %s %s', (shell, ...more) => {
    execFileSync(shell, [...more, '-n'], { input: SCRIPT });
  });

  test('says who made it, and every exit status that it uses', () => {
    expect(isMarked(SCRIPT)).toBe(true);
    const used = new Set([...SCRIPT.matchAll(/\bdie (\d)/g)].map((match) => match[1]));
    const documented = [...SCRIPT.matchAll(/^# {3}(\d) {2}/gm)].map((match) => match[1]);
    expect(documented).toEqual(['0', ...[...used].sort()]);
  });

  test('does nothing when it is cut off at any line', () => {
    const withoutHereDocuments = SCRIPT.replaceAll(/ <<END\n.*?\nEND\n/gs, '\n');
    const lines = withoutHereDocuments.trimEnd().split('\n');
    const calls = lines.filter((line) => /^[^\s#}][^=(]*$/.test(line) && !line.includes('()'));
    expect(calls).toEqual(['set -u', 'umask 077', 'export LC_ALL', 'main "$@"']);
    expect(lines.at(-1)).toBe('main "$@"');
  });
});
