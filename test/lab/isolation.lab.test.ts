import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test, vi } from 'vitest';
import { bundle } from './bundle.ts';
import { STATE } from './claim.ts';
import { Disk } from './disk.ts';
import { Lab } from './lab.ts';
import { Running } from './start.ts';
import { idOwnedBy, tracesOf } from './traces.ts';
import { waitFor } from './wait.ts';

/** Starts a lab by the command line, as a process of its own. */
async function startRunner(...options: string[]): Promise<Running> {
  return new Running([process.execPath, await bundle('test/lab/cli.ts', 'lab'), ...options]);
}

/** Boots and ends a lab, which clears away those whose runner is dead. */
async function bootAnother(): Promise<void> {
  await using lab = await Lab.boot({ vps: ['edge'] });
  await lab.host('edge').must('true');
}

test('two labs with the same host names run side by side, and nothing remains of either', async () => {
  const ids: string[] = [];
  {
    const spec = { vps: ['edge'], clients: ['attic'] };
    const labs = await Promise.all([Lab.boot(spec), Lab.boot(spec)]);
    await using one = labs[0];
    await using two = labs[1];
    ids.push(one.id, two.id);
    expect((await tracesOf(one.id)).length).toBeGreaterThan(10);
    expect(one.host('edge').address).not.toBe(two.host('edge').address);
    await Promise.all(labs.map((lab) => lab.host('edge').write('/etc/whose', lab.id)));
    for (const lab of labs) {
      expect(await lab.control.must(['ssh', '-F', lab.sshConfig, 'edge', 'cat /etc/whose'])).toBe(lab.id);
      expect(await lab.host('attic').must('curl -sI http://edge.test/')).toContain('200 OK');
    }
    const foreign = ['curl', '-s', '-m', '3', `http://${two.host('edge').address}/`];
    expect((await one.control.exec(foreign)).code).toBe(7);
    await one.host('edge').crash();
    await two.host('edge').must('true');
  }
  for (const id of ids) expect(await tracesOf(id)).toEqual([]);
});

test('a lab whose runner was killed leaves nothing that stops the next, and is cleared away by it', async () => {
  const runner = await startRunner('--vps', 'edge', '--clients', 'attic');
  const up = await runner.line(/^Lab \S+ is up/, 60_000);
  const id = up.split(' ')[1] ?? '';
  await runner.stop('SIGKILL');
  expect((await tracesOf(id)).length).toBeGreaterThan(10);
  await bootAnother();
  expect(await tracesOf(id)).toEqual([]);
});

test('a runner killed in the middle of booting is cleared away, too', async () => {
  for (const after of [30, 120, 250]) {
    const runner = await startRunner('--vps', 'edge,other', '--clients', 'attic');
    const id = await waitFor(() => idOwnedBy(runner.pid), { what: 'the claim', every: 5 });
    await sleep(after);
    await runner.stop('SIGKILL');
    expect(await tracesOf(id)).not.toEqual([]);
    await bootAnother();
    expect(await tracesOf(id)).toEqual([]);
  }
});

test('the command line takes its lab down on Ctrl-C', async () => {
  const runner = await startRunner('--bare', 'edge');
  const up = await runner.line(/^Lab \S+ is up/, 60_000);
  await runner.stop('SIGINT');
  expect(await runner.ended).toBe(0);
  expect(await tracesOf(up.split(' ')[1] ?? '')).toEqual([]);
});

test('and on Ctrl-C while it boots, however often', async () => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    const runner = await startRunner('--vps', 'edge,other', '--clients', 'attic');
    const id = await waitFor(() => idOwnedBy(runner.pid), { what: 'the claim', every: 5 });
    for (let time = 0; time < 3; time += 1) {
      await sleep(60);
      process.kill(runner.pid, signal);
    }
    expect(await runner.ended, runner.lines.join('\n')).toBe(0);
    expect(await tracesOf(id)).toEqual([]);
  }
});

test('the command line boots nothing for an option that it does not know', async () => {
  for (const words of [['--vsp', 'edge'], ['edge'], ['--vps', ''], ['--vps'], ['--vps', 'ctl']]) {
    const runner = await startRunner(...words);
    expect(await runner.ended, words.join(' ')).toBe(1);
    expect(runner.lines.at(-1), words.join(' ')).toContain('--help');
  }
});

test('four hosts are up within 6 s', async () => {
  const start = performance.now();
  await using lab = await Lab.boot({ vps: ['a', 'b'], clients: ['c', 'd'] });
  expect(lab.hosts).toHaveLength(4);
  expect(performance.now() - start).toBeLessThan(6000);
});

test('without root there is no lab, and no silence about it', async () => {
  const getuid = vi.spyOn(process, 'getuid').mockReturnValue(1000);
  await expect(Lab.boot({ vps: ['edge'] })).rejects.toThrow('the lab needs root');
  getuid.mockRestore();
});

test('a lab that cannot boot says why and leaves nothing', async () => {
  await expect(Lab.boot({ vps: ['edge', 'edge'] })).rejects.toThrow('host names must be distinct');
  await expect(Lab.boot({ vps: ['UPPER'], clients: ['apt'] })).rejects.toThrow(
    "host names must be distinct and match /^[a-z][a-z0-9]{0,9}$/: UPPER\nnames of the lab's own: apt",
  );
  const many = Array.from({ length: 101 }, (_, n) => `h${n}`);
  await expect(Lab.boot({ vps: many })).rejects.toThrow('101 hosts are more than 100');
  expect(idOwnedBy(process.pid)).toBeUndefined();
});

test('one host that fails takes those with it that were still being made', async () => {
  let id = '';
  const create = vi.spyOn(Disk.prototype, 'create').mockImplementationOnce(async () => {
    id = idOwnedBy(process.pid) ?? '';
    throw new Error('no disk');
  });
  await expect(Lab.boot({ vps: ['a', 'b'], clients: ['c'] })).rejects.toThrow('no disk');
  create.mockRestore();
  await sleep(1000);
  expect(id).toMatch(/^rl/);
  expect(await tracesOf(id)).toEqual([]);
});

test('whoever stands in a lab that is taken down keeps no other one from its place', async () => {
  const lab = await Lab.boot({ vps: ['edge'] });
  const guest = spawn('sleep', ['60'], { cwd: `${STATE}/${lab.id}/hosts/edge/root` });
  await once(guest, 'spawn');
  await lab[Symbol.asyncDispose]();
  expect(await tracesOf(lab.id)).toEqual([]);
  guest.kill();
});
