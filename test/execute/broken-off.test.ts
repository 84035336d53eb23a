import { execFile, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { LOCK_PATIENCE } from '../../src/artifacts/lock.ts';
import type { Step } from '../../src/model/step.ts';
import { FLOCK_IN_HASTE } from '../flock-in-haste.ts';
import { Sandbox, SHELLS, sha256 } from './sandbox.ts';
import { failing, makeToken, was, writeFile } from './steps.ts';

/** A step that says it runs and waits until the test lets it go on: the command is the sandbox's own. */
const WAIT: Step = { kind: 'check-nginx' };

function waiting(box: Sandbox): void {
  spawnSync('mkfifo', [box.at('gate')]);
  box.command('nginx', `: >${box.at('waits')}\nread -r line <${box.at('gate')}`);
}

async function until(condition: () => boolean): Promise<void> {
  for (let looks = 0; !condition(); looks++) {
    if (looks > 1000) throw new Error('waited 10 s in vain');
    await sleep(10);
  }
}

/** Runs every file of `cuts` like the follower does, but without what comes before and after; prints what that left. */
const RUN_CUTS = `cd "$1"
for cut in cuts/*; do
  bin/sh "$cut" "$1/run" 1 </dev/null >/dev/null 2>&1
  for left in etc/* etc/.[!.]* run/* run/.[!.]* state/* state/.[!.]*; do
    [ ! -e "$left" ] || echo "cut off at byte \${cut#cuts/}: $left"
  done
done`;

/** What was there after the text was cut off at one of the ends: a line each. */
async function leftBy(box: Sandbox, text: string, ends: readonly number[]): Promise<string> {
  mkdirSync(box.at('cuts'));
  for (const end of ends) writeFileSync(box.at(`cuts/${end}`), text.slice(0, end));
  const { stdout } = await promisify(execFile)('/bin/sh', ['-c', RUN_CUTS, 'sh', box.root], {
    timeout: 50_000,
  });
  return stdout;
}

/** Each has a sandbox of its own, and most of them wait. */
describe.concurrent.each(SHELLS)('run by %s', (shell) => {
  test('a transaction that is cut off at the end of any line does nothing', { timeout: 60_000 }, async () => {
    using box = new Sandbox(shell);
    const program = Buffer.from('program');
    const steps: Step[] = [
      makeToken('ssh', 1),
      writeFile(box.at('etc/one'), 'first line\nsecond line {{token ssh g1}}\nthird line\n'),
      { kind: 'install-program', path: box.at('etc/program'), sha256: sha256(program) },
    ];
    const script = box.script(steps, new Map([[sha256(program), program]]));
    const ends = [...script.matchAll(/\n/g)].map((match) => match.index);
    expect(ends.length).toBeGreaterThan(300);
    expect(await leftBy(box, script, ends.slice(0, -1))).toBe('');
  });

  test('a transaction that is cut off anywhere in its last lines does nothing', {
    timeout: 60_000,
  }, async () => {
    using box = new Sandbox(shell);
    const script = box.script([writeFile(box.at('etc/one'), 'text')]);
    const ends = Array.from({ length: 399 }, (_, at) => script.length - 400 + at);
    expect(await leftBy(box, script, ends)).toBe('');
  });

  test('a transaction that is not cut off is seen to leave something', async () => {
    using box = new Sandbox(shell);
    const script = box.script([writeFile(box.at('etc/one'), 'text')]);
    expect(await leftBy(box, script, [script.length])).toContain(`byte ${script.length}: etc/one\n`);
  });

  test('a transaction that arrives cut off is told from one that failed', async () => {
    using box = new Sandbox(shell);
    const run = await box.send(box.script([writeFile(box.at('etc/one'), 'text')]).slice(0, -20));
    expect(run.end).toBeUndefined();
    expect(readdirSync(box.at('etc'))).toEqual([]);
    expect(readdirSync(box.at('run'))).toEqual([]);
  });

  test.each(['SIGKILL', 'SIGHUP', 'SIGTERM', 'SIGPIPE'] as const)(
    'a transaction goes on to its end when its follower gets %s and nobody reads',
    async (signal) => {
      using box = new Sandbox(shell);
      waiting(box);
      const steps = [writeFile(box.at('etc/one'), '1'), WAIT, writeFile(box.at('etc/two'), '2')];
      const follower = box.start(box.script(steps));
      await until(() => existsSync(box.at('waits')));
      follower.stdout.destroy();
      follower.kill(signal);
      writeFileSync(box.at('gate'), 'go\n');
      await until(() => existsSync(box.at('state/journal')) && journal(box).endsWith(' end ok\n'));
      expect(readFileSync(box.at('etc/two'), 'utf8')).toBe('2');
      await until(() => readdirSync(box.at('run')).join() === 'lock');
    },
  );

  test('a second transaction waits for the first, then sees that it came too late', async () => {
    using box = new Sandbox(shell);
    waiting(box);
    writeFileSync(box.at('etc/one'), 'planned');
    const first = box.apply([writeFile(box.at('etc/one'), 'first', was('planned')), WAIT]);
    await until(() => existsSync(box.at('waits')));
    const second = box.apply([writeFile(box.at('etc/one'), 'second', was('planned'))]);
    await sleep(300);
    writeFileSync(box.at('gate'), 'go\n');
    expect(await first).toMatchObject({ end: 'ok' });
    expect(await second).toMatchObject({ end: 'backed-out', failedStep: 0 });
    expect((await second).reasons.join()).toContain('was changed after this was planned');
    expect(readFileSync(box.at('etc/one'), 'utf8')).toBe('first');
  });

  test('a transaction that gets no lock in time does nothing', async () => {
    using box = new Sandbox(shell);
    waiting(box);
    const first = box.apply([WAIT]);
    await until(() => existsSync(box.at('waits')));
    box.command('flock', FLOCK_IN_HASTE);
    const second = await box.apply([writeFile(box.at('etc/one'), 'x')]);
    expect(second).toMatchObject({
      end: 'backed-out',
      reasons: [`another transaction has held the lock for ${LOCK_PATIENCE} s`],
    });
    writeFileSync(box.at('gate'), 'go\n');
    expect(await first).toMatchObject({ end: 'ok' });
    expect(await box.apply([writeFile(box.at('etc/one'), 'x')])).toMatchObject({ end: 'ok' });
  });

  test('what a killed transaction left is swept up by the next, which says so', async () => {
    using box = new Sandbox(shell);
    const pid = box.at('pid');
    box.command('nginx', `ps -o pgid= -p $$ >${pid}; exec sleep 30`);
    const killed = box.apply([writeFile(box.at('etc/one'), 'new'), WAIT]);
    await until(() => existsSync(pid) && statSync(pid).size > 0);
    writeFileSync(box.at('etc/.two.reconcile'), 'half a secret');
    process.kill(-Number(readFileSync(pid, 'utf8')), 'SIGKILL');
    expect((await killed).end).toBeUndefined();
    expect(readFileSync(box.at('etc/one'), 'utf8')).toBe('new');
    const next = await box.apply([writeFile(box.at('etc/one'), 'newer', was('new'))]);
    expect(next).toMatchObject({ end: 'ok' });
    expect(next.events[0]).toMatch(/^note an earlier transaction was killed: .* step 2 of 2: check-nginx$/);
    expect(readdirSync(box.at('etc'))).toEqual(['one']);
  });

  test('what cannot be taken back is named', async () => {
    using box = new Sandbox(shell);
    const clinging = 'is-active) [ -e "$0.runs" ] ;; start) : >"$0.runs" ;; stop) echo it clings; exit 1 ;;';
    box.command('systemctl', `case $1 in ${clinging} esac`);
    const run = await box.apply([{ kind: 'start-unit', unit: 'x.service', listens: [] }, failing]);
    expect(run).toMatchObject({ end: 'stuck', failedStep: 2 });
    expect(run.reasons.at(-1)).toBe('step 1 could not be undone: it clings ');
  });
});

const journal = (box: Sandbox) => readFileSync(box.at('state/journal'), 'utf8');
