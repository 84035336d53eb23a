import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { Step } from '../../src/model/step.ts';
import { Sandbox, SHELLS } from './sandbox.ts';
import { failing, writeFile } from './steps.ts';

const rotate: Step = { kind: 'rotate', order: 'due', services: ['ssh', 'web'] };

/** The host's program: says what it was told, and ends as it is told. */
const program = (code: number) =>
  `printf 'told %s\\n' "$*" >&2\nprintf '%s\\n' 'ssh stage overdue 1 2 1795226900' 'web refuse slot-foreign 4 0 0'\nexit ${code}`;

describe.each(SHELLS)('a rotation in a transaction run by %s', (shell) => {
  test('is told who asks for what, under the lock, and its lines are heard', async () => {
    using box = new Sandbox(shell);
    box.command('rotate', `${program(3)}`);
    const run = await box.apply([rotate]);
    expect(run).toMatchObject({ code: 0, end: 'ok' });
    expect(run.events).toEqual(['started 1', 'rotation ssh stage', 'rotation web refuse', 'ok 1']);
    expect(run.rotations).toMatchObject([
      { service: 'ssh', current: 1, next: 2, finalizeAt: 1_795_226_900 },
      { service: 'web', verdict: 'refuse' },
    ]);
  });

  test('gets the arguments that its own command line has', async () => {
    using box = new Sandbox(shell);
    box.command(
      'rotate',
      `printf '%s\\n' "$*" >${box.at('etc/told')}; flock -n 9 && echo 'ssh wait grace 1 2 9'`,
    );
    const run = await box.apply([rotate]);
    expect(run.rotations).toHaveLength(1);
    expect(readFileSync(box.at('etc/told'), 'utf8')).toBe('--actor me@here --locked due ssh web\n');
  });

  test('that fails fails the transaction, and what it built on stays', async () => {
    using box = new Sandbox(shell);
    box.command('rotate', program(1));
    const run = await box.apply([writeFile(box.at('etc/one'), 'one'), rotate]);
    expect(run).toMatchObject({ code: 1, end: 'kept', failedStep: 2 });
    expect(run.reasons.join()).toContain('the rotation ended with exit status 1');
    expect(readFileSync(box.at('etc/one'), 'utf8')).toBe('one');
  });

  test('is not taken back by a later step that fails, which is', async () => {
    using box = new Sandbox(shell);
    box.command('rotate', program(0));
    const [before, after] = [box.at('etc/before'), box.at('etc/after')];
    const run = await box.apply([writeFile(before, '1'), rotate, writeFile(after, '2'), failing]);
    expect(run).toMatchObject({ end: 'kept', failedStep: 4 });
    expect([existsSync(before), existsSync(after)]).toEqual([true, false]);
  });

  test('enrolls a service with the host’s time, or with none', async () => {
    using box = new Sandbox(shell);
    box.command('chown', ':');
    const enroll = (path: string, made: boolean): Step => ({
      ...{
        kind: 'enroll',
        service: 'ssh',
        generation: 3,
        highest: 4,
        made,
        path,
        expect: { kind: 'absent' },
      },
    });
    const run = await box.apply([enroll(box.at('etc/made'), true), enroll(box.at('etc/found'), false)]);
    expect(run).toMatchObject({ end: 'ok' });
    expect(readFileSync(box.at('etc/made'), 'utf8')).toMatch(/^steady 3 0 4 0 0 \d{10}\n$/);
    expect(readFileSync(box.at('etc/found'), 'utf8')).toBe('steady 3 0 4 0 0 -\n');
  });
});
