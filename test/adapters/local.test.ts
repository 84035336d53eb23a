import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { localHost } from '../../src/adapters/local.ts';
import { Secret } from '../../src/model/secret.ts';

const LIMIT = { timeoutSeconds: 20 };

test('a command gets its input, and gives its status and both outputs', async () => {
  const heard: string[] = [];
  const run = localHost('here', false).exec('cat; echo bad >&2; exit 7', 'höre\n', {
    ...LIMIT,
    onOutput: (text) => heard.push(text),
  });
  expect(await run).toEqual({ code: 7, stdout: 'höre\n', stderr: 'bad\n' });
  expect(heard.join('')).toBe('höre\n');
});

test('a secret takes the place of its word in what is sent, wherever that stands', async () => {
  const secrets = new Map([['{{key home-edge}}', new Secret('$&hunter2')]]);
  const input = '1 {{key home-edge}} 2 {{key home-spare}} 3 {{key home-edge}}';
  const run = await localHost('here', false).exec('cat', input, { ...LIMIT, secrets });
  expect(run.stdout).toBe('1 $&hunter2 2 {{key home-spare}} 3 $&hunter2');
});

test('ten megabytes go in and come back whole', async () => {
  const bytes = Buffer.alloc(10 * 1024 * 1024, 'reconcile');
  const { stdout } = await localHost('here', false).exec('cat', bytes, LIMIT);
  expect(stdout === bytes.toString()).toBe(true);
});

test('a command that ends before its input is read has its status all the same', async () => {
  expect((await localHost('here', false).exec('exit 3', Buffer.alloc(10 * 1024 * 1024), LIMIT)).code).toBe(3);
});

test('a command that a signal ends has a status above 128', async () => {
  expect((await localHost('here', false).exec('kill -9 $$', '', LIMIT)).code).toBe(137);
});

test('a command that takes too long is not waited for', async () => {
  const run = localHost('here', false).exec('exec sleep 5', '', { timeoutSeconds: 0.2 });
  await expect(run).rejects.toMatchObject({ code: 'unreachable', message: expect.stringContaining('0.2 s') });
});

/** Puts a stand-in for sudo in front of the PATH: what sudo itself does is shown in the lab. */
function standIn(script: string): void {
  const folder = mkdtempSync(join(tmpdir(), 'reconcile-sudo-'));
  writeFileSync(join(folder, 'sudo'), `#!/bin/sh\n${script}\n`);
  chmodSync(join(folder, 'sudo'), 0o755);
  const before = process.env['PATH'];
  process.env['PATH'] = `${folder}:${before}`;
  onTestFinished(() => {
    process.env['PATH'] = before;
    rmSync(folder, { recursive: true });
  });
}

test('a failing command is not taken for a refusing sudo', async () => {
  standIn('[ "$1 $2" = "-n --" ] || exit 99; shift 2; exec "$@"');
  const host = localHost('here', true);
  expect(await host.exec(`cat; echo 'it'"'"'s bad' >&2; exit 1`, 'in', LIMIT)).toEqual({
    code: 1,
    stdout: 'in',
    stderr: "it's bad\n",
  });
});

test('a refusing sudo is told as such', async () => {
  standIn('echo "sudo: a password is required" >&2; exit 1');
  await expect(localHost('here', true).exec('true', '', LIMIT)).rejects.toMatchObject({
    code: 'unreachable',
    message: 'cannot become root: sudo: a password is required',
    remedy: expect.stringContaining('NOPASSWD'),
  });
});
