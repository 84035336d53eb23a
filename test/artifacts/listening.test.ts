import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { LOOK_WHO_LISTENS } from '../../src/artifacts/listening.ts';

const OWNED = 'tcp LISTEN 0 128 127.0.0.1:22 0.0.0.0:* users:(("sshd",pid=1,fd=3))';
const NOBODYS = 'tcp LISTEN 0 128 127.77.8.174:1019 0.0.0.0:*';
const SEEN_LATER = `${NOBODYS} users:(("rathole",pid=7,fd=9))`;

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'reconcile-listening-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Looks with an `ss` that gives these answers one after the other, and then fails. */
function look(shell: string, ...answers: readonly string[]) {
  answers.forEach((answer, at) => {
    writeFileSync(join(folder, `answer${at + 1}`), `${answer}\n`);
  });
  const ss = `#!/bin/sh
echo >>${folder}/asked
cat ${folder}/answer$(wc -l <${folder}/asked)\n`;
  writeFileSync(join(folder, 'ss'), ss);
  chmodSync(join(folder, 'ss'), 0o755);
  const script = `${LOOK_WHO_LISTENS}\nlook_who_listens; code=$?; printf '%s\\n' "$listening"; exit $code`;
  const env = { ...process.env, PATH: `${folder}:${process.env['PATH']}` };
  return spawnSync(shell, ['-c', script], { encoding: 'utf8', env });
}

test.each(['dash', 'bash'])('%s: where all are somebody’s, one look is enough', (shell) => {
  expect(look(shell, OWNED)).toMatchObject({ status: 0, stdout: `${OWNED}\n`, stderr: '' });
});

test.each(['dash', 'bash'])('%s: what was opened while ss looked is looked at again', (shell) => {
  const ran = look(shell, `${OWNED}\n${NOBODYS}`, `${OWNED}\n${SEEN_LATER}`);
  expect(ran).toMatchObject({ status: 0, stdout: `${OWNED}\n${SEEN_LATER}\n` });
});

test("the kernel's own sockets stay nobody's", () => {
  expect(look('dash', NOBODYS, NOBODYS)).toMatchObject({ status: 0, stdout: `${NOBODYS}\n` });
});

test('where ss fails, what it says is kept', () => {
  const { status, stdout } = look('dash');
  expect(status).not.toBe(0);
  expect(stdout).toContain('No such file');
});
