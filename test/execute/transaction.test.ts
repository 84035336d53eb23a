import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { describe, expect, test } from 'vitest';
import { transactionScript } from '../../src/execute/script/transaction.ts';
import type { Step } from '../../src/model/step.ts';
import { Sandbox, SHELLS, sha256 } from './sandbox.ts';
import {
  assemble,
  EVERY_KIND,
  failing,
  makeDirectory,
  makeToken,
  removeFile,
  setOwnership,
  was,
  writeFile,
} from './steps.ts';

const PROGRAM = new Map([[sha256('program'), Buffer.from('program')]]);
const BROUGHT = new Map([['key home-edge', '{{key home-edge}}']]);

test('shellcheck has nothing to say about a script with every kind of step', () => {
  // SC2317: it takes functions that are not called (no step needs them, or a trap calls them) for mistakes.
  const options = ['--shell=sh', '--severity=style', '--exclude=SC2317', '-'];
  const { stdout } = spawnSync('shellcheck', options, {
    input: transactionScript(EVERY_KIND, { programs: PROGRAM, brought: BROUGHT }, 'me@here'),
    encoding: 'utf8',
  });
  expect(stdout).toBe('');
});

describe.each(SHELLS)('a transaction run by %s', (shell) => {
  test('does its steps in order, says so, and leaves nothing behind', async () => {
    using box = new Sandbox(shell);
    const file = box.at('etc/new/one.conf');
    const run = await box.apply([
      makeDirectory(box.at('etc/new')),
      writeFile(file, "it's\n\\n 100% $HOME `id`\n"),
    ]);
    expect(run).toMatchObject({ code: 0, end: 'ok', events: ['started 1', 'ok 1', 'started 2', 'ok 2'] });
    expect(readFileSync(file, 'utf8')).toBe("it's\n\\n 100% $HOME `id`\n");
    expect(statSync(file).mode & 0o7777).toBe(0o640);
    expect(readdirSync(box.at('etc/new'))).toEqual(['one.conf']);
    expect(readdirSync(box.at('run'))).toEqual(['lock']);
  });

  test('makes tokens on the host and fills them in, in each place alike', async () => {
    using box = new Sandbox(shell);
    const [server, client, joined] = [box.at('etc/server'), box.at('etc/client'), box.at('etc/joined')];
    const run = await box.apply([
      makeToken('ssh', 1),
      makeToken('web', 4),
      writeFile(server, 'token = "{{token ssh g1}}"\nother = "{{token web g4}}"\n'),
      writeFile(client, '{{token ssh g1}}\n'),
      assemble(joined, [server, client]),
    ]);
    expect(run).toMatchObject({ end: 'ok' });
    const [, ssh, web] =
      /^token = "([0-9a-f]{64})"\nother = "([0-9a-f]{64})"\n$/.exec(readFileSync(server, 'utf8')) ?? [];
    expect(ssh).not.toBe(web);
    expect(readFileSync(client, 'utf8')).toBe(`${ssh}\n`);
    expect(readFileSync(joined, 'utf8')).toBe(readFileSync(server, 'utf8') + readFileSync(client, 'utf8'));
  });

  test.each([
    ['quoted', '[server.services."ssh.g1"]', 'ssh.g1'],
    ['bare, with a comment', ' [server.services.ssh] # the old one', 'ssh'],
  ])('keeps a token that is in use (table %s)', async (_, header, ratholeName) => {
    using box = new Sandbox(shell);
    const path = box.at('etc/server.toml');
    writeFileSync(
      path,
      `[server.services.other]\ntoken = "no"\n${header}\nbind_addr = "x"\n token="se#cr$et" # x\n[a]\ntoken = "n"\n`,
    );
    const run = await box.apply([
      { kind: 'keep-token', service: 'ssh', generation: 1, path, ratholeName },
      writeFile(box.at('etc/fragment'), '<{{token ssh g1}}>'),
    ]);
    expect(run).toMatchObject({ end: 'ok' });
    expect(readFileSync(box.at('etc/fragment'), 'utf8')).toBe('<se#cr$et>');
  });

  test('fills in what was brought from another host, and has no script any more while it works', async () => {
    using box = new Sandbox(shell);
    const path = box.at('etc/key');
    box.command(
      'sync',
      `ls ${box.at('run')}/*/script >>${box.at('scripts')} 2>/dev/null; exec /bin/sync "$@"`,
    );
    const brought = new Map([['key home-edge', "it's a key"]]);
    const run = await box.send(box.script([writeFile(path, 'k={{key home-edge}}\n')], new Map(), brought));
    expect(run).toMatchObject({ end: 'ok' });
    expect(readFileSync(path, 'utf8')).toBe("k=it's a key\n");
    expect(readFileSync(box.at('scripts'), 'utf8')).toBe('');
    expect(await box.apply([writeFile(box.at('etc/other'), '{{key home-edge}}')])).toMatchObject({
      end: 'backed-out',
      reasons: ['this transaction does not bring the key home-edge'],
    });
  });

  test.each([
    ['done', 'exit 0', []],
    [
      'not reached, which is told',
      'echo reconcile-sync home: not reached >&2; exit 3',
      ['note the poll of home ended with 3: reconcile-sync home: not reached'],
    ],
    ['done when another run is over', '[ -e "$0.other" ] || { : >"$0.other"; exit 7; }', []],
  ])('lets a client poll: %s', async (_, script, notes) => {
    using box = new Sandbox(shell);
    box.command('sync-step', `echo "$1" >>${box.at('polled')}\n${script}`);
    const run = await box.apply([{ kind: 'poll', server: 'home' }]);
    expect(run).toMatchObject({ end: 'ok' });
    expect(run.events).toEqual(['started 1', ...notes, 'ok 1']);
    expect(readFileSync(box.at('polled'), 'utf8')).toMatch(/^(home\n)+$/);
  });

  test('takes back a configuration that a poll has brought for the first time, not one that is newer', async () => {
    using box = new Sandbox(shell);
    const toml = box.at('etc/home/client.toml');
    box.command('sync-step', `echo pulled >${toml}`);
    const steps: readonly Step[] = [
      makeDirectory(box.at('etc/home')),
      { kind: 'poll', server: 'home' },
      failing,
    ];
    expect(await box.apply(steps)).toMatchObject({ end: 'backed-out' });
    expect(readdirSync(box.at('etc'))).toEqual([]);
    mkdirSync(box.at('etc/home'));
    writeFileSync(toml, 'old');
    expect(await box.apply(steps)).toMatchObject({ end: 'backed-out' });
    expect(readFileSync(toml, 'utf8')).toBe('pulled\n');
  });

  test('lets a link lead elsewhere, and back when a step fails; a file is no link', async () => {
    using box = new Sandbox(shell);
    const [path, old] = [box.at('etc/link'), box.at('etc/old')];
    symlinkSync(old, path);
    const link = (target: string): Step => ({ kind: 'make-link', path, target });
    expect(await box.apply([link('/new'), failing])).toMatchObject({ end: 'backed-out' });
    expect(readlinkSync(path)).toBe(old);
    expect(await box.apply([link('/new')])).toMatchObject({ end: 'ok' });
    expect(readlinkSync(path)).toBe('/new');
    expect(readdirSync(box.at('etc'))).toEqual(['link']);
    rmSync(path);
    writeFileSync(path, 'mine');
    expect(await box.apply([link('/new')])).toMatchObject({ end: 'backed-out' });
    expect(readFileSync(path, 'utf8')).toBe('mine');
  });

  test('fails, and writes nothing, when a token is not there', async () => {
    using box = new Sandbox(shell);
    const run = await box.apply([writeFile(box.at('etc/one'), '{{token ssh g1}}')]);
    expect(run).toMatchObject({
      end: 'backed-out',
      failedStep: 1,
      reasons: ['this transaction has no token for ssh g1'],
    });
    expect(readdirSync(box.at('etc'))).toEqual([]);
  });

  test('takes everything back when a step fails: contents, owners, modes, times, folders', async () => {
    using box = new Sandbox(shell);
    for (const name of ['changed', 'removed', 'owned'])
      writeFileSync(box.at(`etc/${name}`), name, { mode: 0o604 });
    const facts = () =>
      ['changed', 'removed', 'owned'].map((name) => {
        const { mode, mtimeMs, ino } = statSync(box.at(`etc/${name}`));
        return { name, mode, mtimeMs, ino, text: readFileSync(box.at(`etc/${name}`), 'utf8') };
      });
    const before = facts();
    const run = await box.apply([
      makeDirectory(box.at('etc/folder')),
      writeFile(box.at('etc/folder/new'), 'new'),
      writeFile(box.at('etc/changed'), 'other', was('changed')),
      removeFile(box.at('etc/removed'), 'removed'),
      setOwnership(box.at('etc/owned'), '0600'),
      failing,
    ]);
    expect(run).toMatchObject({ code: 1, end: 'backed-out', failedStep: 6 });
    expect(run.reasons.join()).toContain('/nonexistent/file');
    expect(facts()).toEqual(before);
    expect(readdirSync(box.at('etc')).sort()).toEqual(['changed', 'owned', 'removed']);
    expect(readdirSync(box.at('run'))).toEqual(['lock']);
  });

  test.each([
    ['a changed file', 'planned', 'edited since', /was changed after this was planned/],
    ['a file that is new', undefined, 'somebody was here', /is there by now/],
    ['a file that is gone', 'planned', undefined, /is not a file any more/],
  ])('does nothing at all when it meets %s', async (_, planned, found, reason) => {
    using box = new Sandbox(shell);
    const path = box.at('etc/late');
    if (found !== undefined) writeFileSync(path, found);
    const expectation = planned === undefined ? undefined : was(planned);
    const run = await box.apply([writeFile(box.at('etc/early'), 'x'), writeFile(path, 'y', expectation)]);
    expect(run).toMatchObject({ end: 'backed-out', failedStep: 0, events: [] });
    expect(run.reasons.join()).toMatch(reason);
    expect(existsSync(box.at('etc/early'))).toBe(false);
    expect(existsSync(path) ? readFileSync(path, 'utf8') : undefined).toBe(found);
  });

  test('installs a program once it is whole, and not one that is not', async () => {
    using box = new Sandbox(shell);
    const path = box.at('etc/program');
    const step = { kind: 'install-program', path, sha256: sha256('program') } as const;
    const wrong = await box.apply([step], new Map([[step.sha256, Buffer.from('pogrom')]]));
    expect(wrong).toMatchObject({
      end: 'backed-out',
      reasons: ['the program did not arrive as it was sent'],
    });
    expect(readdirSync(box.at('etc'))).toEqual([]);
    expect(await box.apply([step], PROGRAM)).toMatchObject({ end: 'ok' });
    expect(readFileSync(path, 'utf8')).toBe('program');
    expect(statSync(path).mode & 0o7777).toBe(0o755);
  });

  test('keeps ten backups, readable by root alone', async () => {
    using box = new Sandbox(shell);
    const path = box.at('etc/server.toml');
    writeFileSync(path, 'secret');
    await box.apply([makeDirectory(box.at('etc/backups'))]);
    for (let n = 10; n < 22; n++)
      writeFileSync(box.at(`etc/backups/server.toml.20200101_0000${n}`), String(n));
    expect(await box.apply([{ kind: 'backup', path, directory: box.at('etc/backups') }])).toMatchObject({
      end: 'ok',
    });
    const kept = readdirSync(box.at('etc/backups')).sort();
    expect(kept).toHaveLength(10);
    expect(kept[0]).toBe('server.toml.20200101_000013');
    const newest = box.at(`etc/backups/${kept[9]}`);
    expect(readFileSync(newest, 'utf8')).toBe('secret');
    expect(statSync(newest).mode & 0o7777).toBe(0o600);
  });

  test('keeps a journal of what it did', async () => {
    using box = new Sandbox(shell);
    await box.apply([writeFile(box.at('etc/one'), '1'), failing]);
    const lines = readFileSync(box.at('state/journal'), 'utf8').trimEnd().split('\n');
    expect(lines.map((line) => line.replace(/^\S+ \S+ /, ''))).toEqual([
      `step 1 of 2: write-file ${box.at('etc/one')}`,
      'step 2 of 2: set-ownership /nonexistent/file',
      'end backed-out',
    ]);
    expect(statSync(box.at('state/journal')).mode & 0o7777).toBe(0o600);
  });
});
